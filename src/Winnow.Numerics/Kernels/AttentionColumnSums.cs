namespace Winnow.Numerics.Kernels;

/// <summary>
/// The sum over queries of their attention to each key: with the logarithms of the rows' sums known, one product and one
/// exponential per pair of query and key. A piece is one head and one block of keys.
/// </summary>
internal sealed unsafe class AttentionColumnSums : IParallelJob
{
    private readonly Compute _compute;
    private readonly AttentionOperands _operands;
    private readonly AttentionTile _tile;
    private readonly float* _logSumExp;
    private readonly float* _destination;
    private readonly int _firstQuery;

    private AttentionColumnSums(
        Compute compute, AttentionOperands operands, float* logSumExp, int firstQuery, int queryCount, float* destination)
    {
        _compute = compute;
        _operands = operands;
        _tile = new AttentionTile(operands, compute.Kernels, firstQuery, queryCount, headsPerLane: 1);
        _logSumExp = logSumExp;
        _destination = destination;
        _firstQuery = firstQuery;
    }

    private int Blocks => (_operands.N + AttentionTile.BlockKeys - 1) / AttentionTile.BlockKeys;

    public static void Run(
        Compute compute, AttentionOperands operands, float* logSumExp, int firstQuery, int queryCount, float* destination)
    {
        AttentionColumnSums job = new(compute, operands, logSumExp, firstQuery, queryCount, destination);
        compute.Run(job.Blocks * operands.Heads, job);
    }

    public void Run(int index, int worker)
    {
        int head = index / Blocks;
        int firstKey = index % Blocks * AttentionTile.BlockKeys;
        int blockKeys = Math.Min(AttentionTile.BlockKeys, _operands.N - firstKey);
        int columns = _tile.Columns;
        int tileRows = _compute.Kernels.Float.TileRows;
        long packed = (AttentionTile.BlockKeys + tileRows) * (long)_operands.HeadSize;
        long logits = Math.Max(AttentionTile.BlockKeys, _operands.HeadSize) * (long)Math.Max(columns, tileRows);
        long queries = _operands.HeadSize * (long)columns;
        float* scratchLogits = (float*)_compute.WorkerScratch(worker, (packed + logits + queries + columns) * sizeof(float));
        float* scratchQueries = scratchLogits + logits;
        float* shift = scratchQueries + queries;
        float* keys = shift + columns;

        float* sums = _destination + ((long)head * _operands.N) + firstKey;
        new Span<float>(sums, blockKeys).Clear();
        _tile.PackKeys(head / _operands.Group, firstKey, blockKeys, keys, scratchLogits);
        for (int tile = 0; tile < _tile.Tiles; tile++)
        {
            int count = Math.Min(blockKeys, _tile.MostVisible(tile) - firstKey);
            if (count <= 0)
            {
                continue;
            }

            _tile.PackQueries(head, tile, scratchQueries, scratchLogits);
            for (int lane = 0; lane < columns; lane++)
            {
                // A lane without a query contributes exp(-infinity) = 0.
                int query = (tile * columns) + lane;
                bool exists = query < _tile.LaneCount;
                shift[lane] = exists ? _logSumExp[((long)head * _operands.M) + _firstQuery + query] : float.PositiveInfinity;
            }

            _tile.Logits(tile, scratchQueries, keys, firstKey, count, scratchLogits);
            _compute.Kernels.Columns.AddExponentials(scratchLogits, count, shift, sums);
        }
    }
}
