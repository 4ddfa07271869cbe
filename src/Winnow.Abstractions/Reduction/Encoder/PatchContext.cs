namespace Winnow.Reduction;

/// <summary>What a method before the encoder may know of a video's frames.</summary>
/// <param name="Rows">Rows of patches in a frame.</param>
/// <param name="Columns">Patches in a row.</param>
/// <param name="PatchSide">Side of a patch in pixels.</param>
/// <param name="Deviation"><c>[3]</c>: what pixels from 0 to 1 were divided by, after subtracting their mean, by channel.</param>
public sealed record PatchContext(int Rows, int Columns, int PatchSide, IReadOnlyList<double> Deviation)
{
    /// <summary>Patches of a frame (N).</summary>
    public int Patches => Rows * Columns;
}
