using Winnow.Video;

namespace Winnow.Reduction;

/// <summary>What a method between the encoder's blocks may know before the first one runs.</summary>
public sealed record EncoderContext
{
    /// <summary>Blocks that will run (L).</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads (H).</summary>
    public required int Heads { get; init; }

    /// <summary>Frames of the group, and rows and columns of patches in a frame.</summary>
    public required TokenGrid Grid { get; init; }

    /// <summary>
    /// Rows at the head of each sequence that are no patches, such as a class token; methods leave them alone. SigLIP has none.
    /// </summary>
    public int ClassTokens { get; init; }

    /// <summary>
    /// How heavy loops of a method are spread over threads; one after the other unless the caller says otherwise. No plan depends on it.
    /// </summary>
    public ParallelFor Parallel { get; init; } = static (count, body) =>
    {
        for (int i = 0; i < count; i++)
            body(i);
    };
}
