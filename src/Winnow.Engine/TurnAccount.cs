using Winnow.Models.Encode;

namespace Winnow.Engine;

/// <summary>What one question cost.</summary>
public sealed record TurnAccount
{
    /// <summary>Frames that were encoded.</summary>
    public required int Frames { get; init; }

    /// <summary>Frames that a selector looked at to choose these; 0 where none did.</summary>
    public int Candidates { get; init; }

    /// <summary>How much of the vision tower's work was done.</summary>
    public TowerWork Tower { get; init; } = new();

    /// <summary>Visual tokens before the reduction, newline vectors not counted.</summary>
    public required int VisualTokens { get; init; }

    /// <summary>Visual tokens that went on, newline vectors not counted.</summary>
    public required int KeptTokens { get; init; }

    /// <summary>Where visual rows left inside the language model, in order of the layers; empty where no method acts there.</summary>
    public IReadOnlyList<LayerCut> Cuts { get; init; } = [];

    /// <summary>Segments that the method cut the video into, or 0 where it does not.</summary>
    public required int Segments { get; init; }

    /// <summary>Rows that were read: text, kept visual tokens, newline vectors. In a later turn only the new ones.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>
    /// Operations of products and attention for reading those rows, two for each multiply-add, as counted by the kernels.
    /// </summary>
    public required double PrefillOperations { get; init; }

    /// <summary>Tokens of the answer, the one that ended it included.</summary>
    public required int GeneratedTokens { get; init; }

    /// <summary>Bytes of the KV cache after the answer.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>How long each step took; decoding, encoding and reducing are zero in later turns about the same video.</summary>
    public required StageTimes Times { get; init; }
}
