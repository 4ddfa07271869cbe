namespace Winnow.Numerics.Kernels;

/// <summary>
/// One way to multiply: how activations and weights are packed into slots (see <see cref="IDot{TVector}"/>) and the tile that eats them.
/// </summary>
/// <param name="tileRows">Rows of a tile.</param>
/// <param name="tileColumns">Columns of a tile; divides <see cref="Int8Layout.PanelRows"/>.</param>
internal abstract unsafe class ProductKernel(int tileRows, int tileColumns)
{
    /// <summary>Rows of a tile, which lie side by side in packed activations.</summary>
    public int TileRows { get; } = tileRows;

    /// <summary>Columns of a tile, which lie side by side in packed weights.</summary>
    public int TileColumns { get; } = tileColumns;

    /// <summary>Slots that this many inputs fill.</summary>
    public abstract int Slots(int inputs);

    /// <summary>
    /// Packs up to <see cref="TileRows"/> rows of activations as <c>packed[slot][row]</c>; missing rows become zero.
    /// </summary>
    /// <param name="x">First input of the first row.</param>
    /// <param name="step">Elements from one row to the next.</param>
    /// <param name="rows">Rows there are.</param>
    /// <param name="inputs">Inputs to take of each row.</param>
    /// <param name="groupSize">Inputs per scale of an integer product.</param>
    /// <param name="packed">Receives <see cref="Slots"/> x <see cref="TileRows"/> slots.</param>
    /// <param name="scales">Receives <c>[group][row]</c> of an integer product.</param>
    /// <param name="scratch"><see cref="PackScratchBytes"/> bytes.</param>
    public abstract void PackRows(
        float* x, int step, int rows, int inputs, int groupSize, uint* packed, float* scales, void* scratch);

    /// <summary>Scratch that <see cref="PackRows"/> needs for rows this wide.</summary>
    public abstract long PackScratchBytes(int inputs);

    /// <summary>Makes <see cref="TileColumns"/> outputs of a range of inputs ready for <see cref="Tile"/>.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="panel">Which <see cref="TileColumns"/> outputs; missing ones become zero.</param>
    /// <param name="firstInput">Start of the range; a multiple of the group size.</param>
    /// <param name="inputs">Length of the range.</param>
    /// <param name="scratch">Room for <see cref="PanelSlots"/> slots.</param>
    public abstract PackedPanel PackPanel(WeightMatrix w, int panel, int firstInput, int inputs, uint* scratch);

    /// <summary>Slots of scratch that <see cref="PackPanel"/> needs for this many inputs.</summary>
    public int PanelSlots(int inputs) => (Slots(inputs) * TileColumns) + (4 * inputs);

    /// <summary>Runs one tile of which the first <paramref name="rows"/> rows count; up to <see cref="TileRows"/> are written.</summary>
    public abstract void Tile(in TileCall call, int rows);
}

/// <summary>Weights ready for a tile: slots <paramref name="Step"/> apart, and where byte products start, <c>[group][column]</c>.</summary>
internal readonly record struct PackedPanel(nint Data, int Step, nint Starts);
