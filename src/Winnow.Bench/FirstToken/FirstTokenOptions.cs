using Winnow.Engine;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>What <see cref="FirstTokenBench"/> runs.</summary>
public sealed record FirstTokenOptions
{
    /// <summary>Shapes of the model; its weights are made up.</summary>
    public required BenchConfiguration Configuration { get; init; }

    /// <summary>How its matrices are stored.</summary>
    public WeightType Weights { get; init; } = WeightType.Int8;

    /// <summary>Threads; 0 = one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Folder whose tokenizer and chat template write the prompt: made-up weights have none of their own. Its ids must lie in the
    /// configuration's vocabulary.
    /// </summary>
    public required string LanguageFolder { get; init; }

    /// <summary>The videos, one after the other.</summary>
    public required IReadOnlyList<string> Videos { get; init; }

    /// <summary>Frames that the model looks at, at least 1; fewer where a method chooses fewer.</summary>
    public int Frames { get; init; } = 32;

    /// <summary>The question.</summary>
    public string Question { get; init; } = "What happens in the video?";

    /// <summary>What the reduced path does; the dense path keeps everything.</summary>
    public required ReductionChoice Choice { get; init; }
}
