namespace Winnow.Primitives;

/// <summary>How a share of tokens becomes a whole number; papers and their code differ in this.</summary>
public enum Rounding
{
    /// <summary>Down to the next whole number.</summary>
    Floor,

    /// <summary>Up to the next whole number.</summary>
    Ceiling,

    /// <summary>To the nearest, halves to the even number.</summary>
    HalfEven,

    /// <summary>Toward zero.</summary>
    Truncate,
}
