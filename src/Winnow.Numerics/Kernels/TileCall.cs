namespace Winnow.Numerics.Kernels;

/// <summary>The operands of one tile: <c>c[row, column] += sum over slots of a[slot, row] b[slot, column]</c>.</summary>
internal unsafe struct TileCall
{
    /// <summary>Groups of slots; each gets scales of its own, so products without scales have one.</summary>
    public int Groups;

    /// <summary>Slots of every group but the last.</summary>
    public nint Slots;

    /// <summary>Slots of the last group.</summary>
    public nint LastSlots;

    /// <summary>Broadcast operand: the rows of one slot lie side by side, slots <see cref="AStep"/> apart.</summary>
    public uint* A;

    /// <summary>Vector operand: the columns of one slot lie side by side, slots <see cref="BStep"/> apart.</summary>
    public uint* B;

    /// <summary>32-bit elements from one slot of a to the next.</summary>
    public nint AStep;

    /// <summary>32-bit elements from one slot of b to the next.</summary>
    public nint BStep;

    /// <summary>Result, rows <see cref="CStep"/> apart.</summary>
    public float* C;

    /// <summary>Elements from one row of c to the next.</summary>
    public nint CStep;

    /// <summary>True to overwrite c, false to add to it.</summary>
    public bool Store;

    /// <summary>A factor per group and row, groups <see cref="RowScaleStep"/> apart; read by integer products only.</summary>
    public float* RowScales;

    /// <summary>Elements from one group's row scales to the next.</summary>
    public int RowScaleStep;

    /// <summary>A factor per group and column, groups <see cref="Int8Layout.PanelRows"/> apart; read by integer products only.</summary>
    public float* ColumnScales;

    /// <summary>What each column's sum starts from, [group, columns of the tile]; read by byte products only.</summary>
    public int* Starts;
}
