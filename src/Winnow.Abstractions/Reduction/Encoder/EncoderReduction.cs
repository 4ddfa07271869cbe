namespace Winnow.Reduction;

/// <summary>What happens to a video's patches before and inside the vision encoder.</summary>
public sealed record EncoderReduction
{
    /// <summary>Every patch passes every block.</summary>
    public static EncoderReduction None { get; } = new();

    /// <summary>
    /// Decides which patches are encoded; null for all. With <see cref="Blocks"/>, encoded patches do not see those that repeat.
    /// </summary>
    public IPatchReducer? Patches { get; init; }

    /// <summary>Acts between the blocks; null for nothing.</summary>
    public IEncoderReducer? Blocks { get; init; }

    /// <summary>Reuses in each block what an earlier frame computed; null for nothing. Goes with neither of the others.</summary>
    public IEncoderCacher? Cacher { get; init; }

    /// <summary>Whether nothing is reduced.</summary>
    public bool IsNone => Patches is null && Blocks is null && Cacher is null;

    /// <summary>Checks that the parts go together.</summary>
    /// <exception cref="WinnowException">They do not.</exception>
    public void Validate()
    {
        if (Cacher is not null && (Patches is not null || Blocks is not null))
            throw new WinnowException(
                "A method that reuses the blocks' work of an earlier frame goes with no other before or inside the encoder: both would "
                    + "decide what is computed. Choose one.");
    }
}
