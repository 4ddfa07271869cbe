namespace Winnow.Reduction;

/// <summary>Which rotary position a kept visual token gets in the language model.</summary>
public enum PositionRule
{
    /// <summary>Every token keeps the position it had in the whole sequence; gaps stay, and text continues after the unreduced length.</summary>
    Original,

    /// <summary>The shortened sequence is counted anew, without gaps.</summary>
    Compact,
}
