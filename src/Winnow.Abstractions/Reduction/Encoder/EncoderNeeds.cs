namespace Winnow.Reduction;

/// <summary>
/// What a method wants to see at a point besides the rows' states, which are always there. Each is computed only where it is asked for.
/// </summary>
public sealed record EncoderNeeds
{
    /// <summary>Nothing but the states.</summary>
    public static EncoderNeeds States { get; } = new();

    /// <summary>Whether the block's keys are wanted.</summary>
    public bool Keys { get; init; }

    /// <summary>Whether the block's values are wanted.</summary>
    public bool Values { get; init; }

    /// <summary>In which form the block's attention is wanted; null for not at all.</summary>
    public EncoderAttention? Attention { get; init; }
}

/// <summary>A form of a block's attention.</summary>
/// <param name="WithSizes">Whether the logarithm of the sizes is part of it, as it is in proportional attention.</param>
/// <param name="Temperature">Divides the logits besides the square root of the head's width; above 0.</param>
/// <param name="OfMeanQuery">Whether one row is wanted instead of all: that of the mean of the sequence's queries.</param>
public sealed record EncoderAttention(bool WithSizes = true, double Temperature = 1, bool OfMeanQuery = false);
