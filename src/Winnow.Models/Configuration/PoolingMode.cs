namespace Winnow.Models.Configuration;

/// <summary>How a frame's grid of tokens is made smaller after the projector; g is the side of the tower's grid.</summary>
public enum PoolingMode
{
    /// <summary>Bilinear to a side of ceil(g / 2), without antialiasing: 27 becomes 14.</summary>
    Bilinear,

    /// <summary>Mean of windows of 2 x 2; a last odd row and column is dropped: 27 becomes 13. LLaVA-Video is evaluated with it.</summary>
    Average,

    /// <summary>Largest value of windows of 2 x 2; a last odd row and column is dropped.</summary>
    Maximum,
}
