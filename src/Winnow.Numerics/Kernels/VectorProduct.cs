namespace Winnow.Numerics.Kernels;

/// <summary>
/// <c>x w^T</c> for one to four rows of x, the product of decoding: each weight is read once, front to back, as stored.
/// </summary>
/// <remarks>
/// The time is that of reading the weights, so nothing is packed; outputs are computed a panel of 32 at a time. Pieces are as long as
/// can be, because the processor's own prefetching takes a while to find its stride: each is a share of what is left, so that the
/// last ones are short enough to let all threads end together. Matrices that take the same x are run through as if they were one, because
/// for a short one the start and the end of the sharing out last as long as the reading.
/// </remarks>
internal sealed unsafe class VectorProduct : IParallelJob
{
    /// <summary>Up to this many rows the product is limited by memory.</summary>
    public const int MaxRows = 4;

    private const int PanelRows = Int8Layout.PanelRows;

    // Less than this is not worth taking from the shared counter.
    private const long SmallestPiece = 48 << 10;

    private readonly Compute _compute;
    private readonly ProductOperands[] _parts;
    private readonly int[] _partEnds;
    private readonly List<int> _ends;
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

        _ends = Cut(panels, bytes, compute.Threads);
        WeightMatrix w = parts[0].Weights;
        if (w.Type == WeightType.Int8)
        {
            Int8Product kernel = compute.Kernels.Int8;
            _slotsPerRow = kernel.Slots(w.Columns);
            _groups = Int8Layout.Groups(w.Columns, w.GroupSize);
            int inputs = Int8Layout.Quads(w.Columns) * Int8Layout.Quad;
            _slots = (uint*)compute.SharedScratch(sizeof(uint) * (((long)MaxRows * (_slotsPerRow + _groups)) + inputs));
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
    /// <param name="parts">One product or more, of the same x with weights of the same type and group size.</param>
    public static void Run(Compute compute, params ProductOperands[] parts)
    {
        VectorProduct job = new(compute, parts);
        compute.Run(job._ends.Count, job);
    }

    public void Run(int index, int worker)
    {
        float* sums = stackalloc float[2 * MaxRows * PanelRows];
        int end = _ends[index];
        int part = 0;
        for (int panel = index > 0 ? _ends[index - 1] : 0; panel < end; panel++)
        {
            while (panel >= _partEnds[part])
            {
                part++;
            }

            RunPanel(_parts[part], part > 0 ? panel - _partEnds[part - 1] : panel, worker, sums);
        }
    }

    private void RunPanel(in ProductOperands part, int panel, int worker, float* sums)
    {
        Multiply(part, part.Weights, panel, worker, sums);
        if (part.Up is not null)
        {
            float* upSums = sums + (MaxRows * PanelRows);
            Multiply(part, part.Up, panel, worker, upSums);
            _compute.Kernels.Elementwise.SiluMultiply(sums, upSums, sums, part.RowCount * PanelRows);
        }

        Store(part, panel, sums);
    }

    /// <summary>Where the pieces end: each takes half of an equal share of the panels that are left.</summary>
    private static List<int> Cut(int panels, long bytes, int threads)
    {
        int smallest = (int)Math.Max(1, SmallestPiece * panels / bytes);
        List<int> ends = [];
        for (int end = 0; end < panels; ends.Add(end))
        {
            end += Math.Min(panels - end, threads == 1 ? panels : Math.Max(smallest, (panels - end) / (2 * threads)));
        }

        return ends;
    }

    private void Multiply(in ProductOperands part, WeightMatrix w, int panel, int worker, float* sums)
    {
        if (w.Type == WeightType.Int8)
        {
            MultiplyInt8(part.RowCount, w, panel, sums);
        }
        else
        {
            MultiplyFloat(part, w, panel, worker, sums);
        }
    }

    private void MultiplyInt8(int rows, WeightMatrix w, int panel, float* sums)
    {
        Int8Product kernel = _compute.Kernels.Int8;
        uint* data = (uint*)((byte*)w.Data + (panel * Int8Layout.PanelBytes(w.Columns)));
        float* weightScales = w.Scales + ((long)panel * _groups * PanelRows);
        for (int row = 0; row < rows; row++)
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

    private void MultiplyFloat(in ProductOperands part, WeightMatrix w, int panel, int worker, float* sums)
    {
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
