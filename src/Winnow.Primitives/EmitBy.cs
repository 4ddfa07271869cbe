namespace Winnow.Primitives;

/// <summary>In which order chosen places are listed.</summary>
public enum EmitBy
{
    /// <summary>Rising places.</summary>
    Place,

    /// <summary>The best first; equal scores by rising places.</summary>
    Score,
}
