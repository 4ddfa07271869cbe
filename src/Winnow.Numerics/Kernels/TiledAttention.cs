using System.Runtime.InteropServices;

namespace Winnow.Numerics.Kernels;

/// <summary>
/// Softmax attention with a running maximum (FlashAttention, arXiv 2205.14135): logits exist for one tile of queries and one block of
/// keys at a time.
/// </summary>
/// <remarks>
/// A piece is one key-value head and up to <see cref="TilesPerPiece"/> tiles of queries. It packs each block of keys once for all of
/// them; packed queries, results and one block of keys and values (some 0.4 MB at head size 64) fit the second-level cache.
/// Results are kept transposed, [headSize, queries], so that both products run on the same register tile.
/// </remarks>
internal sealed unsafe class TiledAttention : IParallelJob
{
    private const int TilesPerPiece = 16;

    private readonly Compute _compute;
    private readonly AttentionOperands _operands;
    private readonly AttentionTile _tile;
    private readonly ProductKernel _kernel;
    private readonly ColumnKernel _columns;
    private readonly float* _output;
    private readonly float* _logSumExp;
    private readonly int _tilesPerPiece;
    private readonly int _pieces;

    private TiledAttention(Compute compute, AttentionOperands operands, float* output, float* logSumExp)
    {
        _compute = compute;
        _operands = operands;
        _kernel = compute.Kernels.Float;
        _columns = compute.Kernels.Columns;
        _tile = new AttentionTile(operands, compute.Kernels, 0, operands.M, operands.Group);
        _output = output;
        _logSumExp = logSumExp;

        // Fewer tiles per piece where that leaves threads without work.
        int wanted = Math.Max(1, _tile.Tiles * operands.KvHeads / (4 * compute.Threads));
        _tilesPerPiece = Math.Clamp(wanted, 1, TilesPerPiece);
        _pieces = (_tile.Tiles + _tilesPerPiece - 1) / _tilesPerPiece;
    }

    public static void Run(Compute compute, AttentionOperands operands, float* output, float* logSumExp)
    {
        TiledAttention job = new(compute, operands, output, logSumExp);
        compute.Run(job._pieces * operands.KvHeads, job);
    }

    public void Run(int index, int worker)
    {
        // Under a causal mask later queries cost more: they go first, so that the short pieces fill the end.
        int kvHead = index % _operands.KvHeads;
        int firstTile = (_pieces - 1 - (index / _operands.KvHeads)) * _tilesPerPiece;
        int tiles = Math.Min(_tilesPerPiece, _tile.Tiles - firstTile);
        Scratch scratch = Rent(worker, tiles);
        for (int i = 0; i < tiles; i++)
        {
            _tile.PackQueries(kvHead * _operands.Group, firstTile + i, scratch.Queries + (i * scratch.QuerySize), scratch.Logits);
        }

        NativeMemory.Clear(scratch.Results, (nuint)(tiles * scratch.ResultSize) * sizeof(float));
        new Span<float>(scratch.Max, tiles * _tile.Columns).Fill(float.NegativeInfinity);
        new Span<float>(scratch.Sum, tiles * _tile.Columns).Clear();

        int keys = _tile.MostVisible(firstTile + tiles - 1);
        for (int firstKey = 0; firstKey < keys; firstKey += AttentionTile.BlockKeys)
        {
            int count = Math.Min(AttentionTile.BlockKeys, keys - firstKey);
            _tile.PackKeys(kvHead, firstKey, count, scratch.Keys, scratch.Logits);
            float* values = _tile.Values(kvHead, firstKey, count, scratch.Values, out int step);
            for (int i = 0; i < tiles; i++)
            {
                Absorb(firstTile + i, i, scratch, firstKey, count, values, step);
            }
        }

        for (int i = 0; i < tiles; i++)
        {
            Store(kvHead, firstTile + i, i, scratch);
        }
    }

    /// <summary>Takes one block of keys and values into the running results of one tile of queries.</summary>
    private void Absorb(int tile, int i, in Scratch scratch, int firstKey, int blockKeys, float* values, int step)
    {
        int count = Math.Min(blockKeys, _tile.MostVisible(tile) - firstKey);
        if (count <= 0)
        {
            return;
        }

        float* results = scratch.Results + (i * scratch.ResultSize);
        _tile.Logits(tile, scratch.Queries + (i * scratch.QuerySize), scratch.Keys, firstKey, count, scratch.Logits);
        _columns.Absorb(scratch.Logits, count, scratch.Max + (i * _tile.Columns), scratch.Sum + (i * _tile.Columns), scratch.Factor);
        if (firstKey > 0)
        {
            _columns.Multiply(results, _operands.HeadSize, scratch.Factor);
        }

        for (int element = 0; element < _operands.HeadSize; element += _kernel.TileRows)
        {
            TileCall call = new()
            {
                Groups = 1,
                LastSlots = count,
                A = (uint*)(values + element),
                AStep = step,
                B = (uint*)scratch.Logits,
                BStep = _tile.Columns,
                C = results + ((long)element * _tile.Columns),
                CStep = _tile.Columns,
                Store = false,
            };
            _kernel.Tile(call, Math.Min(_kernel.TileRows, _operands.HeadSize - element));
        }
    }

    private void Store(int kvHead, int tile, int i, in Scratch scratch)
    {
        float* sum = scratch.Sum + (i * _tile.Columns);
        float* max = scratch.Max + (i * _tile.Columns);
        int first = tile * _tile.Columns;
        int headSize = _operands.HeadSize;
        for (int lane = 0; lane < _tile.Columns; lane++)
        {
            scratch.Factor[lane] = 1 / sum[lane];
        }

        float* results = scratch.Results + (i * scratch.ResultSize);
        _columns.Multiply(results, headSize, scratch.Factor);
        Transpose.Run((uint*)results, _tile.Columns, headSize, _tile.Columns, (uint*)scratch.Logits, headSize);
        for (int lane = 0; lane < Math.Min(_tile.Columns, _tile.LaneCount - first); lane++)
        {
            int query = _tile.Query(first + lane);
            int head = _tile.Head(kvHead * _operands.Group, first + lane);
            new ReadOnlySpan<float>(scratch.Logits + (lane * headSize), headSize)
                .CopyTo(new Span<float>(_output + ((((long)query * _operands.Heads) + head) * headSize), headSize));
            if (_logSumExp is not null)
            {
                _logSumExp[((long)head * _operands.M) + query] = max[lane] + MathF.Log(sum[lane]);
            }
        }
    }

    private Scratch Rent(int worker, int tiles)
    {
        int columns = _tile.Columns;
        long query = _operands.HeadSize * columns;
        long result = _tile.PaddedHeadSize * columns;
        long keys = (AttentionTile.BlockKeys + _kernel.TileRows) * (long)_operands.HeadSize;
        long values = _tile.ReadsValuesInPlace ? 0 : AttentionTile.BlockKeys * (long)_tile.PaddedHeadSize;

        // The logits' room also serves for turning queries, keys and results.
        long logits = Math.Max(AttentionTile.BlockKeys, _operands.HeadSize) * (long)Math.Max(columns, _kernel.TileRows);
        long total = (tiles * (query + result + (2 * columns))) + keys + values + logits + columns;
        float* start = (float*)_compute.WorkerScratch(worker, total * sizeof(float));
        Scratch scratch = new() { QuerySize = query, ResultSize = result, Queries = start };
        scratch.Results = scratch.Queries + (tiles * query);
        scratch.Logits = scratch.Results + (tiles * result);
        scratch.Max = scratch.Logits + logits;
        scratch.Sum = scratch.Max + (tiles * columns);
        scratch.Factor = scratch.Sum + (tiles * columns);
        scratch.Keys = scratch.Factor + columns;
        scratch.Values = scratch.Keys + keys;
        return scratch;
    }

    private struct Scratch
    {
        public long QuerySize;
        public long ResultSize;
        public float* Queries;
        public float* Results;
        public float* Logits;
        public float* Max;
        public float* Sum;
        public float* Factor;
        public float* Keys;
        public float* Values;
    }
}
