namespace Winnow.Numerics.Kernels;

/// <summary>
/// <c>x w^T</c> for many rows of x: cache-blocked and shared out among threads.
/// </summary>
/// <remarks>
/// <para>
/// Rows of x are packed once per call, by all threads, and read by all. The result is cut into pieces of a few panels of columns by
/// many rows; a piece packs its own weights, block by block along the inner dimension, so nobody waits for anybody in between.
/// </para>
/// <para>
/// Sizes: a piece packs two panels (64 columns) of up to 2,432 slots, 0.6 MB, which then stream from the second-level cache once per
/// row of tiles. Along the way the inner dimension goes in blocks of 512 slots, so that a tile's activations (12 rows: 24 KB) are
/// used for both panels while they are in the first-level cache, and c stays there until it is done.
/// </para>
/// </remarks>
internal sealed unsafe class TiledProduct : IParallelJob
{
    private const int BlockSlots = 512;
    private const int PackedSlots = 2432;
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
    private readonly int _groupsPerBlock;
    private readonly int _groupsPacked;
    private readonly int _firstRow;
    private readonly int _rows;
    private readonly int _panelsPerPiece;
    private readonly int _tilesPerPiece;
    private readonly uint* _packed;
    private readonly float* _scales;
    private bool _packing;

    private TiledProduct(Compute compute, ProductKernel kernel, in ProductOperands operands, int firstRow, int rows)
    {
        WeightMatrix w = operands.Weights;
        _compute = compute;
        _kernel = kernel;
        _operands = operands;
        _inputs = w.Columns;
        _groupSize = w.GroupSize > 0 ? w.GroupSize : BlockSlots;
        _groups = Int8Layout.Groups(_inputs, _groupSize);
        _groupsPerBlock = Math.Max(1, BlockSlots / Math.Max(1, kernel.Slots(_groupSize)));
        _groupsPacked = Math.Min(_groups, Math.Max(1, PackedSlots / (_groupsPerBlock * kernel.Slots(_groupSize))) * _groupsPerBlock);
        _firstRow = firstRow;
        _rows = rows;
        _packed = (uint*)compute.SharedScratch(PackedSize(kernel, w, rows, _groups));
        _scales = (float*)(_packed + ((long)Tiles * kernel.TileRows * kernel.Slots(_inputs)));

        // Enough pieces that the last ones to end leave no thread idle for long.
        int wanted = compute.Threads * 12;
        int rowPieces = Math.Clamp((wanted * PanelsPerPiece + Panels - 1) / Panels, 1, (Tiles + TilesPerPiece - 1) / TilesPerPiece);
        _tilesPerPiece = (Tiles + rowPieces - 1) / rowPieces;
        _panelsPerPiece = Math.Clamp(Panels * rowPieces / wanted, 1, PanelsPerPiece);
    }

    private int Tiles => (_rows + _kernel.TileRows - 1) / _kernel.TileRows;

    private int Panels => (_operands.Weights.Rows + _kernel.TileColumns - 1) / _kernel.TileColumns;

    private int PiecesAcross => (Panels + _panelsPerPiece - 1) / _panelsPerPiece;

    private int PiecesDown => (Tiles + _tilesPerPiece - 1) / _tilesPerPiece;

    /// <summary>Computes the whole product; the lease of <paramref name="compute"/> must be held.</summary>
    public static void Run(Compute compute, ProductKernel kernel, in ProductOperands operands)
    {
        WeightMatrix w = operands.Weights;
        long bytesPerTile = (long)kernel.Slots(w.Columns) * kernel.TileRows * sizeof(uint);
        int chunk = (int)Math.Clamp(PackedBytes / bytesPerTile, 1, int.MaxValue / kernel.TileRows) * kernel.TileRows;
        int chunks = (operands.RowCount + chunk - 1) / chunk;
        int perChunk = (operands.RowCount + chunks - 1) / chunks;
        perChunk = (perChunk + kernel.TileRows - 1) / kernel.TileRows * kernel.TileRows;
        for (int first = 0; first < operands.RowCount; first += perChunk)
        {
            TiledProduct job = new(compute, kernel, operands, first, Math.Min(perChunk, operands.RowCount - first));
            job._packing = true;
            compute.Run(job.Tiles, job);
            job._packing = false;
            compute.Run(job.PiecesAcross * job.PiecesDown, job);
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

    private static long PackedSize(ProductKernel kernel, WeightMatrix w, int rows, int groups)
    {
        long tiles = (rows + kernel.TileRows - 1) / kernel.TileRows;
        return tiles * kernel.TileRows * (kernel.Slots(w.Columns) + groups) * sizeof(uint);
    }

    private void PackRows(int tile, int worker)
    {
        int row = tile * _kernel.TileRows;
        _kernel.PackRows(
            _operands.X + ((long)(_firstRow + row) * _inputs),
            Math.Min(_kernel.TileRows, _rows - row),
            _inputs,
            _groupSize,
            TileSlots(tile),
            TileScales(tile),
            _compute.WorkerScratch(worker, _kernel.PackScratchBytes(_inputs)));
    }

    private uint* TileSlots(int tile) => _packed + ((long)tile * _kernel.TileRows * _kernel.Slots(_inputs));

    private float* TileScales(int tile) => _scales + ((long)tile * _kernel.TileRows * _groups);

    private void RunPiece(int index, int worker)
    {
        // Neighbouring pieces share their weights rather than their activations, which all threads keep in the shared cache.
        int firstTile = index % PiecesDown * _tilesPerPiece;
        int firstPanel = index / PiecesDown * _panelsPerPiece;
        int tiles = Math.Min(_tilesPerPiece, Tiles - firstTile);
        int panels = Math.Min(_panelsPerPiece, Panels - firstPanel);
        int rows = Math.Min(tiles * _kernel.TileRows, _rows - (firstTile * _kernel.TileRows));
        int column = firstPanel * _kernel.TileColumns;
        int columns = Math.Min(panels * _kernel.TileColumns, _operands.Weights.Rows - column);

        long panelSlots = (long)panels * _kernel.PanelSlots(_groupsPacked * _groupSize);
        long edgeSize = _kernel.TileRows * _kernel.TileColumns;
        bool gated = _operands.Up is not null;
        long gatedSize = gated ? (long)rows * columns : 0;
        uint* scratch = (uint*)_compute.WorkerScratch(worker, (panelSlots + edgeSize + (2 * gatedSize)) * sizeof(uint));
        float* edge = (float*)(scratch + panelSlots);
        int row = _firstRow + (firstTile * _kernel.TileRows);
        float* y = _operands.Y + ((long)row * _operands.Weights.Rows) + column;
        Piece piece = new(firstTile, tiles, firstPanel, panels, rows, columns, scratch, edge);
        if (!gated)
        {
            Multiply(_operands.Weights, piece, y, _operands.Weights.Rows, _operands.Epilogue);
            return;
        }

        float* gate = edge + edgeSize;
        float* up = gate + gatedSize;
        Multiply(_operands.Weights, piece, gate, columns, Epilogue.None);
        Multiply(_operands.Up!, piece, up, columns, Epilogue.None);
        for (int i = 0; i < rows; i++)
        {
            long start = (long)i * columns;
            _compute.Kernels.Elementwise.SiluMultiply(gate + start, up + start, y + ((long)i * _operands.Weights.Rows), columns);
        }
    }

    private void Multiply(WeightMatrix w, in Piece piece, float* c, int cStep, Epilogue epilogue)
    {
        PackedPanel* panels = stackalloc PackedPanel[piece.Panels];
        for (int firstPacked = 0; firstPacked < _groups; firstPacked += _groupsPacked)
        {
            int packed = Math.Min(_groupsPacked, _groups - firstPacked);
            int firstInput = firstPacked * _groupSize;
            int inputs = Math.Min(packed * _groupSize, _inputs - firstInput);
            for (int p = 0; p < piece.Panels; p++)
            {
                uint* scratch = piece.Scratch + ((long)p * _kernel.PanelSlots(_groupsPacked * _groupSize));
                panels[p] = _kernel.PackPanel(w, piece.FirstPanel + p, firstInput, inputs, scratch);
            }

            for (int tile = 0; tile < piece.Tiles; tile++)
            {
                for (int group = 0; group < packed; group += _groupsPerBlock)
                {
                    int groups = Math.Min(_groupsPerBlock, packed - group);
                    for (int p = 0; p < piece.Panels; p++)
                    {
                        RunBlock(w, piece, tile, p, panels[p], firstPacked, group, groups, c, cStep, epilogue);
                    }
                }
            }
        }
    }

    /// <summary>One tile of the result and one block of the inner dimension.</summary>
    private void RunBlock(
        WeightMatrix w,
        in Piece piece,
        int tile,
        int p,
        PackedPanel panel,
        int firstPacked,
        int firstInPanel,
        int groups,
        float* c,
        int cStep,
        Epilogue epilogue)
    {
        int group = firstPacked + firstInPanel;
        int rows = Math.Min(_kernel.TileRows, piece.Rows - (tile * _kernel.TileRows));
        int columns = Math.Min(_kernel.TileColumns, piece.Columns - (p * _kernel.TileColumns));
        float* target = c + ((long)tile * _kernel.TileRows * cStep) + (p * _kernel.TileColumns);
        bool store = group == 0 && epilogue != Epilogue.Accumulate;
        bool partial = rows < _kernel.TileRows || columns < _kernel.TileColumns;
        if (partial && !store)
        {
            Copy(target, cStep, piece.Edge, _kernel.TileColumns, rows, columns);
        }

        int column = (piece.FirstPanel + p) * _kernel.TileColumns;
        int slotsPerGroup = _kernel.Slots(_groupSize);
        int lastInput = (group + groups - 1) * _groupSize;
        TileCall call = new()
        {
            Groups = groups,
            Slots = slotsPerGroup,
            LastSlots = _kernel.Slots(Math.Min(_groupSize, _inputs - lastInput)),
            A = TileSlots(piece.FirstTile + tile) + ((long)group * slotsPerGroup * _kernel.TileRows),
            AStep = _kernel.TileRows,
            B = panel.Slot(firstInPanel * slotsPerGroup),
            BStep = panel.Step,
            C = partial ? piece.Edge : target,
            CStep = partial ? _kernel.TileColumns : cStep,
            Store = store,
        };
        if (w.Type == WeightType.Int8)
        {
            call.RowScales = TileScales(piece.FirstTile + tile) + (group * _kernel.TileRows);
            call.RowScaleStep = _kernel.TileRows;
            call.ColumnScales = w.Scales
                + (((long)(column / Int8Layout.PanelRows * _groups) + group) * Int8Layout.PanelRows)
                + (column % Int8Layout.PanelRows);
            call.Starts = (int*)panel.Starts + (firstInPanel * _kernel.TileColumns);
        }

        _kernel.Tile(call, rows);
        if (partial)
        {
            Copy(piece.Edge, _kernel.TileColumns, target, cStep, rows, columns);
        }

        if (group + groups == _groups)
        {
            _operands.Finish(_compute.Kernels.Elementwise, target, cStep, rows, column, columns, epilogue);
        }
    }

    private static void Copy(float* source, int sourceStep, float* target, int targetStep, int rows, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(source + ((long)row * sourceStep), columns)
                .CopyTo(new Span<float>(target + ((long)row * targetStep), columns));
        }
    }

    /// <summary>A rectangle of the result and the worker's scratch for it.</summary>
    private readonly struct Piece(int firstTile, int tiles, int firstPanel, int panels, int rows, int columns, uint* scratch, float* edge)
    {
        public int FirstTile { get; } = firstTile;

        public int Tiles { get; } = tiles;

        public int FirstPanel { get; } = firstPanel;

        public int Panels { get; } = panels;

        public int Rows { get; } = rows;

        public int Columns { get; } = columns;

        public uint* Scratch { get; } = scratch;

        public float* Edge { get; } = edge;
    }
}
