namespace Winnow.Reduction;

/// <summary>
/// What a method wants to see at a point besides the rows' states, which are always there. Each is computed only where it is asked for.
/// </summary>
public sealed record PrefillNeeds
{
    /// <summary>Nothing but the states.</summary>
    public static PrefillNeeds States { get; } = new();

    /// <summary>Attention of some rows; null for none.</summary>
    public AttentionRequest? Attention { get; init; }

    /// <summary>Whether the keys of the layer in front of the point are wanted, after rotary embedding.</summary>
    public bool Keys { get; init; }

    /// <summary>Whether the values of the layer in front of the point are wanted.</summary>
    public bool Values { get; init; }

    /// <summary>Whether it is wanted how the blocks of the layer in front of the point changed each row.</summary>
    public bool Transitions { get; init; }
}
