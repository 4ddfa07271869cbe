namespace Winnow.Numerics.Kernels;

/// <summary>
/// <c>x w^T</c> for one to four rows of x, the product of decoding: each weight is read once, front to back, as stored.
/// </summary>
/// <remarks>
/// The time is that of reading the weights, so nothing is packed; outputs are computed a panel of 32 at a time. Pieces are as long as
/// can be, because the processor's own prefetching takes a while to find its stride: each is a share of what is left, so that the
/// last ones are short enough to let all threads end together.
/// </remarks>
internal sealed unsafe class VectorProduct : IParallelJob
{
    /// <summary>Up to this many rows the product is limited by memory.</summary>
    public const int MaxRows = 4;

    private const int PanelRows = Int8Layout.PanelRows;

    // Less than this is not worth taking from the shared counter.
    private const long SmallestPiece = 48 << 10;

    private readonly Compute _compute;
    private readonly ProductOperands _operands;
    private readonly List<int> _ends;
    private readonly uint* _slots;
    private readonly float* _scales;
    private readonly int _slotsPerRow;
    private readonly int _groups;

    private VectorProduct(Compute compute, in ProductOperands operands)
    {
        WeightMatrix w = operands.Weights;
        _compute = compute;
        _operands = operands;
        _ends = Cut((w.Rows + PanelRows - 1) / PanelRows, w.Bytes, compute.Threads);
        if (w.Type == WeightType.Int8)
        {
            Int8Product kernel = compute.Kernels.Int8;
            _slotsPerRow = kernel.Slots(w.Columns);
            _groups = Int8Layout.Groups(w.Columns, w.GroupSize);
            int inputs = Int8Layout.Quads(w.Columns) * Int8Layout.Quad;
            _slots = (uint*)compute.SharedScratch(sizeof(uint) * (((long)MaxRows * (_slotsPerRow + _groups)) + inputs));
            _scales = (float*)(_slots + (MaxRows * _slotsPerRow));
            int* steps = (int*)(_scales + (MaxRows * _groups));
            for (int row = 0; row < operands.RowCount; row++)
            {
                float* x = operands.X + ((long)row * w.Columns);
                kernel.QuantizeRow(x, w.Columns, w.GroupSize, _slots + (row * _slotsPerRow), _scales + (row * _groups), 1, steps);
            }
        }
    }

    /// <summary>Computes the whole product; the lease of <paramref name="compute"/> must be held.</summary>
    public static void Run(Compute compute, in ProductOperands operands)
    {
        VectorProduct job = new(compute, operands);
        compute.Run(job._ends.Count, job);
    }

    public void Run(int index, int worker)
    {
        float* sums = stackalloc float[2 * MaxRows * PanelRows];
        float* upSums = sums + (MaxRows * PanelRows);
        for (int panel = index > 0 ? _ends[index - 1] : 0; panel < _ends[index]; panel++)
        {
            Multiply(_operands.Weights, panel, worker, sums);
            if (_operands.Up is not null)
            {
                Multiply(_operands.Up, panel, worker, upSums);
                _compute.Kernels.Elementwise.SiluMultiply(sums, upSums, sums, _operands.RowCount * PanelRows);
            }

            Store(panel, sums);
        }
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

    private void Multiply(WeightMatrix w, int panel, int worker, float* sums)
    {
        if (w.Type == WeightType.Int8)
        {
            MultiplyInt8(w, panel, sums);
        }
        else
        {
            MultiplyFloat(w, panel, worker, sums);
        }
    }

    private void MultiplyInt8(WeightMatrix w, int panel, float* sums)
    {
        Int8Product kernel = _compute.Kernels.Int8;
        uint* data = (uint*)((byte*)w.Data + (panel * Int8Layout.PanelBytes(w.Columns)));
        float* weightScales = w.Scales + ((long)panel * _groups * PanelRows);
        for (int row = 0; row < _operands.RowCount; row++)
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

    private void MultiplyFloat(WeightMatrix w, int panel, int worker, float* sums)
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

            for (int row = 0; row < _operands.RowCount; row++)
            {
                sums[(row * PanelRows) + output] = kernel.Dot(_operands.X + ((long)row * w.Columns), weights, w.Columns);
            }
        }
    }

    private void Store(int panel, float* sums)
    {
        ElementwiseKernel kernel = _compute.Kernels.Elementwise;
        int column = panel * PanelRows;
        int columns = Math.Min(PanelRows, _operands.Weights.Rows - column);
        _operands.Finish(kernel, sums, PanelRows, _operands.RowCount, column, columns, _operands.Epilogue);
        for (int row = 0; row < _operands.RowCount; row++)
        {
            float* y = _operands.Y + ((long)row * _operands.Weights.Rows) + column;
            if (_operands.Epilogue == Epilogue.Accumulate)
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
