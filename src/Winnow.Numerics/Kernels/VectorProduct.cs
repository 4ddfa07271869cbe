namespace Winnow.Numerics.Kernels;

/// <summary>
/// <c>x w^T</c> for one to four rows of x, the product of decoding: each weight is read once, front to back, as stored.
/// </summary>
/// <remarks>
/// The time is that of reading the weights, so nothing is packed; outputs are computed a panel of 32 at a time. Each thread walks through
/// its own half (third, quarter) of the panels, because the processor's own prefetching takes a while to find its stride; who is done
/// takes over half of what another has left. Matrices that take the same x, gate and up among them, are run through as if they were one:
/// one long walk after another, and for a short matrix the start and the end of the sharing out last as long as the reading.
/// </remarks>
internal sealed unsafe class VectorProduct : IParallelJob
{
    /// <summary>Up to this many rows the product is limited by memory.</summary>
    public const int MaxRows = 4;

    private const int PanelRows = Int8Layout.PanelRows;

    // Less than this is not worth a thread's coming.
    private const long SmallestShare = 48 << 10;

    // A thread takes a quarter of what it has left at once.
    private const int PartAtOnce = 4;
    private const int MostPanels = 32;

    private readonly Compute _compute;
    private readonly ProductOperands[] _parts;
    private readonly int[] _partEnds;
    private readonly WorkShares _shares;
    private readonly uint* _slots;
    private readonly float* _scales;
    private readonly int _slotsPerRow;
    private readonly int _groups;

    private VectorProduct(Compute compute, ProductOperands[] parts)
    {
        _compute = compute;
        _parts = parts;
        _partEnds = new int[parts.Length];
        int panels = 0;
        long bytes = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            WeightMatrix part = parts[i].Weights;
            _partEnds[i] = panels += (part.Rows + PanelRows - 1) / PanelRows;
            bytes += part.Bytes;
        }

        _shares = new WorkShares(panels, (int)Math.Clamp(bytes / SmallestShare, 1, Math.Min(compute.Threads, panels)));
        WeightMatrix w = parts[0].Weights;
        if (w.Type == WeightType.Int8)
        {
            Int8Product kernel = compute.Kernels.Int8;
            _slotsPerRow = kernel.Slots(w.Columns);
            _groups = Int8Layout.Groups(w.Columns, w.GroupSize);
            int inputs = Int8Layout.Quads(w.Columns) * Int8Layout.Quad;

            // The first worker's scratch, which int8 products leave alone: the shared one may hold a gated product's second factor.
            _slots = (uint*)compute.WorkerScratch(0, sizeof(uint) * (((long)MaxRows * (_slotsPerRow + _groups)) + inputs));
            _scales = (float*)(_slots + (MaxRows * _slotsPerRow));
            int* steps = (int*)(_scales + (MaxRows * _groups));
            for (int row = 0; row < parts[0].RowCount; row++)
            {
                float* x = parts[0].X + ((long)row * w.Columns);
                kernel.QuantizeRow(x, w.Columns, w.GroupSize, _slots + (row * _slotsPerRow), _scales + (row * _groups), 1, steps);
            }
        }
    }

    /// <summary>Computes whole products; the lease of <paramref name="compute"/> must be held.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="parts">One product or more, of the same x with weights of the same type and group size; not gated.</param>
    public static void Run(Compute compute, params ProductOperands[] parts)
    {
        VectorProduct job = new(compute, parts);
        compute.Run(job._shares.Count, job);
    }

    /// <summary>Computes a gated product: both factors as one, then <c>silu(gate) up</c>.</summary>
    public static void RunGated(Compute compute, in ProductOperands product)
    {
        long outputs = (long)product.RowCount * product.Weights.Rows;
        float* up = (float*)compute.SharedScratch(sizeof(float) * outputs);
        Run(compute, product with { Up = null }, product with { Weights = product.Up!, Up = null, Y = up });
        compute.Kernels.Elementwise.SiluMultiply(product.Y, up, product.Y, checked((int)outputs));
    }

    public void Run(int index, int worker)
    {
        float* sums = stackalloc float[MaxRows * PanelRows];
        while (_shares.Take(index, PartAtOnce, MostPanels, out int first, out int end))
        {
            int part = 0;
            for (int panel = first; panel < end; panel++)
            {
                while (panel >= _partEnds[part])
                {
                    part++;
                }

                int panelOfPart = part > 0 ? panel - _partEnds[part - 1] : panel;
                Multiply(_parts[part], panelOfPart, worker, sums);
                Store(_parts[part], panelOfPart, sums);
            }
        }
    }

    private void Multiply(in ProductOperands part, int panel, int worker, float* sums)
    {
        if (part.Weights.Type == WeightType.Int8)
        {
            MultiplyInt8(part, panel, sums);
        }
        else
        {
            MultiplyFloat(part, panel, worker, sums);
        }
    }

    private void MultiplyInt8(in ProductOperands part, int panel, float* sums)
    {
        WeightMatrix w = part.Weights;
        Int8Product kernel = _compute.Kernels.Int8;
        uint* data = (uint*)((byte*)w.Data + (panel * Int8Layout.PanelBytes(w.Columns)));
        float* weightScales = w.Scales + ((long)panel * _groups * PanelRows);
        for (int row = 0; row < part.RowCount; row++)
        {
            kernel.MultiplyPanel(
                data,
                Int8Layout.Quads(w.Columns),
                w.GroupSize / Int8Layout.Quad,
                _slots + (row * _slotsPerRow),
                _scales + (row * _groups),
                weightScales,
                sums + (row * PanelRows));
        }
    }

    private void MultiplyFloat(in ProductOperands part, int panel, int worker, float* sums)
    {
        WeightMatrix w = part.Weights;
        ElementwiseKernel kernel = _compute.Kernels.Elementwise;
        int first = panel * PanelRows;
        float* converted = w.Type == WeightType.F32 ? null : (float*)_compute.WorkerScratch(worker, sizeof(float) * (long)w.Columns);
        for (int output = 0; output < Math.Min(PanelRows, w.Rows - first); output++)
        {
            float* weights = (float*)w.Data + ((long)(first + output) * w.Columns);
            if (converted is not null)
            {
                w.ReadRow(first + output, converted);
                weights = converted;
            }

            for (int row = 0; row < part.RowCount; row++)
            {
                sums[(row * PanelRows) + output] = kernel.Dot(part.X + ((long)row * w.Columns), weights, w.Columns);
            }
        }
    }

    private void Store(in ProductOperands part, int panel, float* sums)
    {
        ElementwiseKernel kernel = _compute.Kernels.Elementwise;
        int column = panel * PanelRows;
        int columns = Math.Min(PanelRows, part.Weights.Rows - column);
        part.Finish(kernel, sums, PanelRows, part.RowCount, column, columns, part.Epilogue);
        for (int row = 0; row < part.RowCount; row++)
        {
            float* y = part.Y + ((long)row * part.Weights.Rows) + column;
            if (part.Epilogue == Epilogue.Accumulate)
            {
                kernel.Add(y, sums + (row * PanelRows), columns);
            }
            else
            {
                new ReadOnlySpan<float>(sums + (row * PanelRows), columns).CopyTo(new Span<float>(y, columns));
            }
        }
    }
}
