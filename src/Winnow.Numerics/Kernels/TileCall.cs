namespace Winnow.Numerics.Kernels;

/// <summary>The operands of one tile: <c>c[row, column] += sum over slots of a[slot, row] b[slot, column]</c>.</summary>
internal unsafe struct TileCall
{
    /// <summary>Slots along the inner dimension.</summary>
    public nint Slots;

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

    /// <summary>A factor per row; null = 1 (f32 products ignore it).</summary>
    public float* RowScales;

    /// <summary>A factor per column; read by integer products only.</summary>
    public float* ColumnScales;

    /// <summary>What each column's sum starts from; read by byte products only.</summary>
    public int* Start;
}
