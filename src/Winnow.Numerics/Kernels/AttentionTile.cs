using System.Runtime.InteropServices;

namespace Winnow.Numerics.Kernels;

/// <summary>
/// What the tiled attentions share: queries packed across the lanes of a tile, keys packed down its rows, and their product.
/// </summary>
/// <remarks>
/// A lane is one (query, head) pair; lanes count pairs query by query, the <paramref name="headsPerLane"/> heads of a query first.
/// Heads that share keys thus share tiles, and the queries of a causal tile see almost the same keys.
/// </remarks>
internal sealed unsafe class AttentionTile(AttentionOperands operands, KernelSet kernels, int firstQuery, int queryCount, int headsPerLane)
{
    private readonly ProductKernel _kernel = kernels.Float;

    /// <summary>Keys per block, a multiple of every tile height: the block's logits (30 KB) stay in the first-level cache.</summary>
    public const int BlockKeys = 240;

    public int Columns => _kernel.TileColumns;

    public int HeadSize => operands.HeadSize;

    /// <summary>Head size rounded up to whole tiles.</summary>
    public int PaddedHeadSize => (HeadSize + _kernel.TileRows - 1) / _kernel.TileRows * _kernel.TileRows;

    public int LaneCount => queryCount * headsPerLane;

    public int Tiles => (LaneCount + Columns - 1) / Columns;

    /// <summary>True where values can be read in place: a tile of them never reaches beyond the head.</summary>
    public bool ReadsValuesInPlace =>
        !operands.IsHalf && (HeadSize % _kernel.TileRows == 0 || (_kernel.TileRows == 12 && HeadSize % 12 % 4 == 0));

    public int Query(int lane) => firstQuery + (lane / headsPerLane);

    public int Head(int firstHead, int lane) => firstHead + (lane % headsPerLane);

    /// <summary>Keys that the last lane of a tile sees; the others see no more.</summary>
    public int MostVisible(int tile) => operands.Visible(Query(Math.Min(LaneCount, (tile + 1) * Columns) - 1));

    /// <summary>Packs the scaled queries of a tile as [headSize, columns]; lanes without a query become zero.</summary>
    public void PackQueries(int firstHead, int tile, float* packed, float* scratch)
    {
        int first = tile * Columns;
        int lanes = Math.Min(Columns, LaneCount - first);
        if (lanes < Columns)
        {
            NativeMemory.Clear(packed, (nuint)(HeadSize * Columns) * sizeof(float));
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            float* query = operands.Query(Query(first + lane), Head(firstHead, first + lane));
            kernels.Elementwise.Scale(query, operands.Scale, scratch + (lane * HeadSize), HeadSize);
        }

        Transpose.Run((uint*)scratch, HeadSize, lanes, HeadSize, (uint*)packed, Columns);
    }

    /// <summary>Packs a block of keys as [tile of rows][headSize][row]; missing rows become zero.</summary>
    public void PackKeys(int kvHead, int firstKey, int count, float* packed, float* scratch)
    {
        int tileRows = _kernel.TileRows;
        for (int row = 0; row < count; row += tileRows, packed += tileRows * HeadSize)
        {
            int rows = Math.Min(tileRows, count - row);
            if (rows < tileRows)
            {
                NativeMemory.Clear(packed, (nuint)(tileRows * HeadSize) * sizeof(float));
            }

            float* source = operands.Rows(operands.K, kvHead, firstKey + row, rows, scratch, out int step);
            Transpose.Run((uint*)source, step, rows, HeadSize, (uint*)packed, tileRows);
        }
    }

    /// <summary>The values of a block as f32, rows <paramref name="step"/> apart: in place where possible, else a padded copy.</summary>
    public float* Values(int kvHead, int firstKey, int count, float* copy, out int step)
    {
        if (ReadsValuesInPlace)
        {
            step = operands.RowStride;
            return operands.Row(operands.V, kvHead, firstKey, copy);
        }

        step = PaddedHeadSize;
        for (int row = 0; row < count; row++)
        {
            float* target = copy + ((long)row * step);
            float* source = operands.Row(operands.V, kvHead, firstKey + row, target);
            if (source != target)
            {
                new ReadOnlySpan<float>(source, HeadSize).CopyTo(new Span<float>(target, HeadSize));
            }

            new Span<float>(target + HeadSize, step - HeadSize).Clear();
        }

        return copy;
    }

    /// <summary>
    /// Logits [count, columns] of a tile's queries against packed keys, key bias and causal mask included.
    /// </summary>
    public void Logits(int tile, float* queries, float* keys, int firstKey, int count, float* logits)
    {
        int tileRows = _kernel.TileRows;
        for (int row = 0; row < count; row += tileRows)
        {
            TileCall call = new()
            {
                Groups = 1,
                LastSlots = HeadSize,
                A = (uint*)(keys + ((long)row * HeadSize)),
                AStep = tileRows,
                B = (uint*)queries,
                BStep = Columns,
                C = logits + ((long)row * Columns),
                CStep = Columns,
                Store = true,
            };
            _kernel.Tile(call, tileRows);
        }

        if (operands.KeyBias is not null)
        {
            for (int row = 0; row < count; row++)
            {
                float bias = operands.KeyBias[firstKey + row];
                for (int lane = 0; lane < Columns; lane++)
                {
                    logits[(row * Columns) + lane] += bias;
                }
            }
        }

        Mask(tile, firstKey, count, logits);
    }

    private void Mask(int tile, int firstKey, int count, float* logits)
    {
        int first = tile * Columns;
        int lanes = Math.Min(Columns, LaneCount - first);
        if (operands.Visible(Query(first)) >= firstKey + count)
        {
            return;
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            for (int row = Math.Max(0, operands.Visible(Query(first + lane)) - firstKey); row < count; row++)
            {
                logits[(row * Columns) + lane] = float.NegativeInfinity;
            }
        }
    }
}
