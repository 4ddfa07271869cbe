namespace Winnow.Methods;

/// <summary>How <see cref="FreeVideoLlm"/> pools a frame.</summary>
public enum FramePooling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>The largest values of two neighbours in a row.</summary>
    PairMaximum,

    /// <summary>The mean of two neighbours in a row.</summary>
    PairMean,

    /// <summary>The largest values of two neighbours in a column.</summary>
    VerticalMaximum,

    /// <summary>The largest values of 2 x 2 neighbours.</summary>
    SquareMaximum,

    /// <summary>The mean of 2 x 2 neighbours.</summary>
    SquareMean,
}
