using Winnow.Video;

namespace Winnow.Reduction;

/// <summary>What a method may know of the model and the prompt before the first layer runs.</summary>
public sealed record PrefillContext
{
    /// <summary>Layers of the language model (L).</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads (H).</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; query head j uses head <c>j / (Heads / KeyValueHeads)</c>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Base of the rotary angles (theta).</summary>
    public required double RopeBase { get; init; }

    /// <summary>Rows of the prompt before the video.</summary>
    public required int VisualStart { get; init; }

    /// <summary>Rows of the video that enter layer 0, newline vectors included.</summary>
    public required int VisualCount { get; init; }

    /// <summary>Frames, rows and columns that the visual tokens come from.</summary>
    public required TokenGrid Grid { get; init; }

    /// <summary><c>[VisualCount]</c>: each visual row's place in the grid, frame-major; -1 for a newline vector.</summary>
    public required IReadOnlyList<int> Places { get; init; }

    /// <summary>What a method after the encoder made of the video's tokens, and why; null where every token enters.</summary>
    public ReductionPlan? Plan { get; init; }

    /// <summary>
    /// <c>[VisualCount]</c>: which token of <see cref="Plan"/> each visual row is; -1 for a newline vector. Empty without a plan.
    /// </summary>
    public IReadOnlyList<int> PlanTokens { get; init; } = [];

    /// <summary><c>[S, D]</c>: the rows that enter layer 0.</summary>
    public required TokenMatrix Embeddings { get; init; }

    /// <summary><c>[D]</c>: weight of the norm after the last layer.</summary>
    public required ReadOnlyMemory<float> FinalNorm { get; init; }

    /// <summary>Epsilon of the model's norms.</summary>
    public required double NormEpsilon { get; init; }
}
