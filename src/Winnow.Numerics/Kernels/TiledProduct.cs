namespace Winnow.Numerics.Kernels;

/// <summary>
/// <c>x w^T</c> for many rows of x: cache-blocked and shared out among threads.
/// </summary>
/// <remarks>
/// <para>
/// The inner dimension goes in depths of up to 1,216 slots. For each, rows of x are packed once, by all threads, and read by all. The
/// result is cut into pieces of a few panels of columns; a piece packs its own weights and adds to c, so nobody waits for anybody in
/// between. The last pieces are cut by rows too, so that all threads end together.
/// </para>
/// <para>
/// Sizes: the packed rows of a depth (1,024 rows: 5 MB) stay in the last-level cache, which they would not for all inputs. A piece
/// packs two panels (64 columns), 0.3 MB, which then stream from the second-level cache once per row of tiles.
/// </para>
/// <para>
/// A gated product needs both its factors whole, so its rows are packed over all inputs; its pieces go through the depths themselves.
/// </para>
/// </remarks>
internal sealed unsafe class TiledProduct : IParallelJob
{
    private const int DepthSlots = 1216;
    private const int PanelsPerPiece = 2;
    private const int TilesPerPiece = 8;

    // Bounds the memory for packed activations; a chunk this large hides the cost of packing the weights again for the next one.
    private const long PackedBytes = 16 << 20;

    private readonly Compute _compute;
    private readonly ProductKernel _kernel;
    private readonly ProductOperands _operands;
    private readonly int _inputs;
    private readonly int _groupSize;
    private readonly int _groups;
    private readonly int _groupsPerDepth;
    private readonly int _firstGroup;
    private readonly int _endGroup;
    private readonly int _firstRow;
    private readonly int _rows;
    private readonly int _wholePieces;
    private readonly int _cuts;
    private readonly uint* _packed;
    private readonly float* _scales;
    private readonly PackedPanel[] _panels;
    private readonly int[] _packedBy;
    private bool _packing;

    private TiledProduct(
        Compute compute, ProductKernel kernel, in ProductOperands operands, int firstRow, int rows, int firstGroup, int endGroup)
    {
        WeightMatrix w = operands.Weights;
        _compute = compute;
        _kernel = kernel;
        _operands = operands;
        _inputs = w.Columns;
        _groupSize = GroupSize(w);
        _groups = Int8Layout.Groups(_inputs, _groupSize);
        _groupsPerDepth = GroupsPerDepth(kernel, w);
        _firstGroup = firstGroup;
        _endGroup = endGroup;
        _firstRow = firstRow;
        _rows = rows;
        int slots = kernel.Slots(Inputs(firstGroup, endGroup - firstGroup));
        long rowsPacked = (long)Tiles * kernel.TileRows;
        _packed = (uint*)compute.SharedScratch(rowsPacked * (slots + endGroup - firstGroup) * sizeof(uint));
        _scales = (float*)(_packed + (rowsPacked * slots));
        _panels = new PackedPanel[compute.Threads * PanelsPerPiece];
        _packedBy = new int[compute.Threads];
        Array.Fill(_packedBy, -1);

        // Two pieces a thread are cut into three or more; a thread packs a panel once as long as its pieces follow each other.
        _wholePieces = Math.Max(0, PiecesAcross - (2 * compute.Threads));
        int wanted = 6 * compute.Threads / (PiecesAcross - _wholePieces);
        _cuts = Math.Clamp(wanted, 1, (Tiles + TilesPerPiece - 1) / TilesPerPiece);
    }

    private int Tiles => (_rows + _kernel.TileRows - 1) / _kernel.TileRows;

    private int Panels => (_operands.Weights.Rows + _kernel.TileColumns - 1) / _kernel.TileColumns;

    private int PiecesAcross => (Panels + PanelsPerPiece - 1) / PanelsPerPiece;

    private int Pieces => _wholePieces + ((PiecesAcross - _wholePieces) * _cuts);

    /// <summary>Computes the whole product; the lease of <paramref name="compute"/> must be held.</summary>
    public static void Run(Compute compute, ProductKernel kernel, in ProductOperands operands)
    {
        WeightMatrix w = operands.Weights;
        int groupSize = GroupSize(w);
        int groups = Int8Layout.Groups(w.Columns, groupSize);
        int groupsAtOnce = operands.Up is null ? GroupsPerDepth(kernel, w) : groups;
        long bytesPerTile = (long)kernel.Slots(Math.Min(w.Columns, groupsAtOnce * groupSize)) * kernel.TileRows * sizeof(uint);
        int chunk = (int)Math.Clamp(PackedBytes / bytesPerTile, 1, int.MaxValue / kernel.TileRows) * kernel.TileRows;
        int chunks = (operands.RowCount + chunk - 1) / chunk;
        int perChunk = (operands.RowCount + chunks - 1) / chunks;
        perChunk = (perChunk + kernel.TileRows - 1) / kernel.TileRows * kernel.TileRows;
        for (int first = 0; first < operands.RowCount; first += perChunk)
        {
            int rows = Math.Min(perChunk, operands.RowCount - first);
            for (int group = 0; group < groups; group += groupsAtOnce)
            {
                TiledProduct job = new(compute, kernel, operands, first, rows, group, Math.Min(groups, group + groupsAtOnce));
                job._packing = true;
                compute.Run(job.Tiles, job);
                job._packing = false;
                compute.Run(job.Pieces, job);
            }
        }
    }

    public void Run(int index, int worker)
    {
        if (_packing)
        {
            PackRows(index, worker);
        }
        else
        {
            RunPiece(index, worker);
        }
    }

    /// <summary>Inputs per scale; f32 products have none, and their groups are the depths.</summary>
    private static int GroupSize(WeightMatrix w)
    {
        if (w.GroupSize > 0)
        {
            return w.GroupSize;
        }

        int depths = (w.Columns + DepthSlots - 1) / DepthSlots;
        return (w.Columns + depths - 1) / depths;
    }

    private static int GroupsPerDepth(ProductKernel kernel, WeightMatrix w)
    {
        int depths = (kernel.Slots(w.Columns) + DepthSlots - 1) / DepthSlots;
        return (Int8Layout.Groups(w.Columns, GroupSize(w)) + depths - 1) / depths;
    }

    private int Inputs(int firstGroup, int groups) => Math.Min(groups * _groupSize, _inputs - (firstGroup * _groupSize));

    private void PackRows(int tile, int worker)
    {
        int row = tile * _kernel.TileRows;
        int inputs = Inputs(_firstGroup, _endGroup - _firstGroup);
        _kernel.PackRows(
            _operands.X + ((long)(_firstRow + row) * _inputs) + (_firstGroup * _groupSize),
            _inputs,
            Math.Min(_kernel.TileRows, _rows - row),
            inputs,
            _groupSize,
            TileSlots(tile),
            TileScales(tile),
            _compute.WorkerScratch(worker, _kernel.PackScratchBytes(inputs)));
    }

    private uint* TileSlots(int tile) =>
        _packed + ((long)tile * _kernel.TileRows * _kernel.Slots(Inputs(_firstGroup, _endGroup - _firstGroup)));

    private float* TileScales(int tile) => _scales + ((long)tile * _kernel.TileRows * (_endGroup - _firstGroup));

    private void RunPiece(int index, int worker)
    {
        (int across, int cut) = index < _wholePieces
            ? (index, 0)
            : (_wholePieces + ((index - _wholePieces) / _cuts), (index - _wholePieces) % _cuts);
        int cuts = index < _wholePieces ? 1 : _cuts;
        int firstTile = Tiles * cut / cuts;
        int firstPanel = across * PanelsPerPiece;
        int tiles = (Tiles * (cut + 1) / cuts) - firstTile;
        int panels = Math.Min(PanelsPerPiece, Panels - firstPanel);
        int rows = Math.Min(tiles * _kernel.TileRows, _rows - (firstTile * _kernel.TileRows));
        int column = firstPanel * _kernel.TileColumns;
        int columns = Math.Min(panels * _kernel.TileColumns, _operands.Weights.Rows - column);

        long panelSlots = (long)panels * _kernel.PanelSlots(_groupsPerDepth * _groupSize);
        long edgeSize = _kernel.TileRows * _kernel.TileColumns;
        bool gated = _operands.Up is not null;
        long gatedSize = gated ? (long)rows * columns : 0;
        uint* scratch = (uint*)_compute.WorkerScratch(worker, (panelSlots + edgeSize + (2 * gatedSize)) * sizeof(uint));
        float* edge = (float*)(scratch + panelSlots);
        int row = _firstRow + (firstTile * _kernel.TileRows);
        float* y = _operands.Y + ((long)row * _operands.Weights.Rows) + column;
        Piece piece = new(firstTile, firstPanel, panels, rows, columns, scratch, edge);
        if (!gated)
        {
            Multiply(_operands.Weights, piece, worker, y, _operands.Weights.Rows, _operands.Epilogue);
            return;
        }

        float* gate = edge + edgeSize;
        float* up = gate + gatedSize;
        Multiply(_operands.Weights, piece, worker, gate, columns, Epilogue.None);
        Multiply(_operands.Up!, piece, worker, up, columns, Epilogue.None);
        for (int i = 0; i < rows; i++)
        {
            long start = (long)i * columns;
            _compute.Kernels.Elementwise.SiluMultiply(gate + start, up + start, y + ((long)i * _operands.Weights.Rows), columns);
        }
    }

    private void Multiply(WeightMatrix w, in Piece piece, int worker, float* c, int cStep, Epilogue epilogue)
    {
        Span<PackedPanel> panels = _panels.AsSpan(worker * PanelsPerPiece, piece.Panels);
        TileCall* calls = stackalloc TileCall[PanelsPerPiece];
        for (int first = _firstGroup; first < _endGroup; first += _groupsPerDepth)
        {
            int end = Math.Min(_endGroup, first + _groupsPerDepth);
            if (_packedBy[worker] != piece.FirstPanel)
            {
                PackPanels(w, piece, first, end, panels);
                _packedBy[worker] = _operands.Up is null ? piece.FirstPanel : -1;
            }

            for (int p = 0; p < panels.Length; p++)
            {
                calls[p] = Call(w, piece, p, panels[p], first, end);
                calls[p].C = c + (p * _kernel.TileColumns);
                calls[p].CStep = cStep;
                calls[p].Store = first == 0 && epilogue != Epilogue.Accumulate;
            }

            // What changes from tile to tile is little: all else is set up once.
            long tileSlots = (long)_kernel.TileRows * _kernel.Slots(Inputs(_firstGroup, _endGroup - _firstGroup));
            long tileScales = (long)_kernel.TileRows * (_endGroup - _firstGroup);
            for (int rows = piece.Rows; rows > 0; rows -= _kernel.TileRows)
            {
                for (int p = 0; p < panels.Length; p++)
                {
                    RunTile(calls[p], piece, p, Math.Min(rows, _kernel.TileRows), end == _groups, epilogue);
                    calls[p].A += tileSlots;
                    calls[p].RowScales += tileScales;
                    calls[p].C += (long)_kernel.TileRows * cStep;
                }
            }
        }
    }

    private void PackPanels(WeightMatrix w, in Piece piece, int firstGroup, int endGroup, Span<PackedPanel> panels)
    {
        int slots = _kernel.PanelSlots(_groupsPerDepth * _groupSize);
        for (int p = 0; p < panels.Length; p++)
        {
            panels[p] = _kernel.PackPanel(
                w, piece.FirstPanel + p, firstGroup * _groupSize,
                Inputs(firstGroup, endGroup - firstGroup), piece.Scratch + ((long)p * slots));
        }
    }

    /// <summary>The operands of a panel and the piece's first tile of rows, for a range of groups.</summary>
    private TileCall Call(WeightMatrix w, in Piece piece, int p, PackedPanel panel, int firstGroup, int endGroup)
    {
        int slotsPerGroup = _kernel.Slots(_groupSize);
        TileCall call = new()
        {
            Groups = endGroup - firstGroup,
            Slots = slotsPerGroup,
            LastSlots = _kernel.Slots(Inputs(endGroup - 1, 1)),
            A = TileSlots(piece.FirstTile) + ((long)(firstGroup - _firstGroup) * slotsPerGroup * _kernel.TileRows),
            AStep = _kernel.TileRows,
            B = (uint*)panel.Data,
            BStep = panel.Step,
        };
        if (w.Type == WeightType.Int8)
        {
            int column = (piece.FirstPanel + p) * _kernel.TileColumns;
            call.RowScales = TileScales(piece.FirstTile) + ((firstGroup - _firstGroup) * _kernel.TileRows);
            call.RowScaleStep = _kernel.TileRows;
            call.ColumnScales = w.Scales
                + (((long)(column / Int8Layout.PanelRows * _groups) + firstGroup) * Int8Layout.PanelRows)
                + (column % Int8Layout.PanelRows);
            call.Starts = (int*)panel.Starts;
        }

        return call;
    }

    /// <summary>One tile of the result; at the edges it is computed whole and only what exists of it is kept.</summary>
    private void RunTile(in TileCall call, in Piece piece, int p, int rows, bool last, Epilogue epilogue)
    {
        int columns = Math.Min(_kernel.TileColumns, piece.Columns - (p * _kernel.TileColumns));
        if (rows < _kernel.TileRows || columns < _kernel.TileColumns)
        {
            TileCall edge = call;
            edge.C = piece.Edge;
            edge.CStep = _kernel.TileColumns;
            if (!call.Store)
            {
                Copy(call.C, call.CStep, edge.C, edge.CStep, rows, columns);
            }

            _kernel.Tile(edge, rows);
            Copy(edge.C, edge.CStep, call.C, call.CStep, rows, columns);
        }
        else
        {
            _kernel.Tile(call, rows);
        }

        if (last)
        {
            int column = (piece.FirstPanel + p) * _kernel.TileColumns;
            _operands.Finish(_compute.Kernels.Elementwise, call.C, (int)call.CStep, rows, column, columns, epilogue);
        }
    }

    private static void Copy(float* source, nint sourceStep, float* target, nint targetStep, int rows, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(source + ((long)row * sourceStep), columns)
                .CopyTo(new Span<float>(target + ((long)row * targetStep), columns));
        }
    }

    /// <summary>A rectangle of the result and the worker's scratch for it.</summary>
    private readonly struct Piece(int firstTile, int firstPanel, int panels, int rows, int columns, uint* scratch, float* edge)
    {
        public int FirstTile { get; } = firstTile;

        public int FirstPanel { get; } = firstPanel;

        public int Panels { get; } = panels;

        public int Rows { get; } = rows;

        public int Columns { get; } = columns;

        public uint* Scratch { get; } = scratch;

        public float* Edge { get; } = edge;
    }
}
