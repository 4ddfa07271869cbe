namespace Winnow.Primitives;

/// <summary>Carries the block numbers of a paper over to a vision encoder of another depth.</summary>
public static class EncoderBlocks
{
    /// <summary>
    /// Blocks as given, or the paper's at the same share of the depth, <c>floor(block * blocks / paperBlocks)</c>; those that fall together
    /// count once.
    /// </summary>
    /// <param name="given">0-based blocks of the loaded encoder, rising; null for the paper's.</param>
    /// <param name="paper">0-based blocks of the paper's encoder, rising.</param>
    /// <param name="paperBlocks">Depth of the paper's encoder.</param>
    /// <param name="blocks">Depth of the loaded encoder, at least 1.</param>
    /// <exception cref="ArgumentException">The given blocks do not rise, or the encoder does not have them.</exception>
    public static int[] Of(IReadOnlyList<int>? given, ReadOnlySpan<int> paper, int paperBlocks, int blocks)
    {
        if (given is null)
            return [.. paper.ToArray().Select(block => block * blocks / paperBlocks).Distinct()];
        for (int i = 0; i < given.Count; i++)
            if (given[i] < 0 || given[i] >= blocks || (i > 0 && given[i] <= given[i - 1]))
                throw new ArgumentException(
                    $"The method is to act in blocks {string.Join(", ", given)} of the vision encoder; they must rise and lie from 0 to "
                        + $"{blocks - 1}.");
        return [.. given];
    }
}
