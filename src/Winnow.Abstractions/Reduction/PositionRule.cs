namespace Winnow.Reduction;

/// <summary>Which rotary position a kept visual token gets in the language model; every method can be run with every rule.</summary>
/// <remarks>
/// From "Grounding-Aware Token Pruning: Recovering from Drastic Performance Drops in Visual Grounding Caused by Pruning" (GAP), arXiv
/// 2506.21873, which names two faults of
/// pruned sequences: values that are shifted (counted anew) and an order that is permuted (by score). No official code is published. The
/// paper's rule for decoding after
/// the prompt and for merged tokens could not be read: decoding goes on behind the unreduced prompt, and a merged token has the position
/// of the token that carries it.
/// </remarks>
public enum PositionRule
{
    /// <summary>
    /// Every token keeps the position it had in the whole sequence; gaps stay, and text continues after the unreduced length. Tokens
    /// stand in the method's order.
    /// </summary>
    Original,

    /// <summary>The shortened sequence is counted anew, without gaps.</summary>
    Compact,

    /// <summary>
    /// As <see cref="Original"/>, and tokens stand in the order of their places whatever order the method emits them in: GAP.
    /// </summary>
    Gap,

    /// <summary>
    /// Visual tokens get the positions of the first ones of the whole video, in their order; text continues after the unreduced length.
    /// For comparison.
    /// </summary>
    FirstPlaces,
}
