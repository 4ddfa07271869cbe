using System.Runtime.InteropServices;

namespace Winnow.Numerics.Kernels;

/// <summary>
/// Softmax attention of one query, or of a few with few heads: that of decoding, whose heads would not fill the columns of a tile.
/// </summary>
/// <remarks>
/// A piece is one query, one key-value head and up to <see cref="KeysPerPiece"/> keys, whatever the number of threads; the pieces'
/// results are brought together by the logarithms of their sums of exponentials (Flash-Decoding). All heads that share keys go over a
/// block of them while it lies in the first-level cache.
/// </remarks>
internal sealed unsafe class VectorAttention : IParallelJob
{
    private const int KeysPerPiece = 512;
    private const int BlockKeys = 64;

    private readonly Compute _compute;
    private readonly AttentionOperands _operands;
    private readonly ElementwiseKernel _kernel;
    private readonly int _pieces;
    private readonly float* _results;
    private readonly float* _logSums;

    private VectorAttention(Compute compute, AttentionOperands operands)
    {
        (_compute, _operands, _kernel) = (compute, operands, compute.Kernels.Elementwise);
        _pieces = (operands.N + KeysPerPiece - 1) / KeysPerPiece;
        long partial = (long)operands.M * operands.Heads * _pieces;
        _results = (float*)compute.SharedScratch(partial * (operands.HeadSize + 1) * sizeof(float));
        _logSums = _results + (partial * operands.HeadSize);
    }

    /// <summary>Whether this is the faster way: the heads that share keys would leave half of a tile empty or more.</summary>
    public static bool Suits(Compute compute, in AttentionOperands operands) =>
        (long)operands.M * operands.Group <= compute.Kernels.Float.TileColumns / 2;

    public static void Run(Compute compute, AttentionOperands operands, float* output, float* logSumExp)
    {
        VectorAttention job = new(compute, operands);
        compute.Run(operands.M * operands.KvHeads * job._pieces, job);
        for (int query = 0; query < operands.M; query++)
        {
            for (int head = 0; head < operands.Heads; head++)
            {
                float logSum = job.Join(query, head, output + ((((long)query * operands.Heads) + head) * operands.HeadSize));
                if (logSumExp is not null)
                {
                    logSumExp[((long)head * operands.M) + query] = logSum;
                }
            }
        }
    }

    public void Run(int index, int worker)
    {
        int piece = index % _pieces;
        int kvHead = index / _pieces % _operands.KvHeads;
        int query = index / _pieces / _operands.KvHeads;
        int first = piece * KeysPerPiece;
        int count = Math.Min(KeysPerPiece, _operands.Visible(query) - first);
        float* converted = (float*)_compute.WorkerScratch(
            worker, sizeof(float) * ((BlockKeys * (long)_operands.HeadSize) + ((long)_operands.Group * KeysPerPiece)));
        float* weights = converted + (BlockKeys * _operands.HeadSize);
        int firstHead = kvHead * _operands.Group;
        Weigh(query, kvHead, first, count, converted, weights);
        for (int i = 0; i < _operands.Group; i++)
        {
            float* row = weights + (i * KeysPerPiece);
            bool seesNone = count <= 0 || (_operands.KeyBias is not null && IsMasked(row, count));
            _logSums[Slot(query, firstHead + i, piece)] = seesNone ? float.NegativeInfinity : _kernel.Softmax(row, count);
            if (seesNone)
            {
                new Span<float>(row, Math.Max(0, count)).Clear();
            }
        }

        Sum(query, kvHead, piece, count, converted, weights);
    }

    /// <summary>Logits of all heads that share the keys: [heads, KeysPerPiece].</summary>
    private void Weigh(int query, int kvHead, int first, int count, float* converted, float* logits)
    {
        for (int start = 0; start < count; start += BlockKeys)
        {
            int keys = Math.Min(BlockKeys, count - start);
            float* rows = _operands.Rows(_operands.K, kvHead, first + start, keys, converted, out int step);
            for (int i = 0; i < _operands.Group; i++)
            {
                float* target = logits + (i * KeysPerPiece) + start;
                float* values = _operands.Query(query, (kvHead * _operands.Group) + i);
                _kernel.Dots(values, rows, step, keys, _operands.HeadSize, _operands.Scale, target);
                if (_operands.KeyBias is not null)
                {
                    _kernel.Add(target, _operands.KeyBias + first + start, keys);
                }
            }
        }
    }

    private void Sum(int query, int kvHead, int piece, int count, float* converted, float* weights)
    {
        int firstHead = kvHead * _operands.Group;
        for (int i = 0; i < _operands.Group; i++)
        {
            NativeMemory.Clear(Result(query, firstHead + i, piece), (nuint)_operands.HeadSize * sizeof(float));
        }

        for (int start = 0; start < count; start += BlockKeys)
        {
            int keys = Math.Min(BlockKeys, count - start);
            float* rows = _operands.Rows(_operands.V, kvHead, (piece * KeysPerPiece) + start, keys, converted, out int step);
            for (int i = 0; i < _operands.Group; i++)
            {
                float* row = weights + (i * KeysPerPiece) + start;
                _kernel.AddWeighted(row, rows, step, keys, _operands.HeadSize, Result(query, firstHead + i, piece));
            }
        }
    }

    /// <summary>A head's result over all keys; returns the logarithm of its sum of exponentials.</summary>
    private float Join(int query, int head, float* output)
    {
        float* shares = _logSums + Slot(query, head, 0);
        float logSum = _kernel.Softmax(shares, _pieces);
        new Span<float>(output, _operands.HeadSize).Clear();
        _kernel.AddWeighted(shares, Result(query, head, 0), _operands.HeadSize, _pieces, _operands.HeadSize, output);
        return logSum;
    }

    private static bool IsMasked(float* logits, int count) =>
        new ReadOnlySpan<float>(logits, count).IndexOfAnyExcept(float.NegativeInfinity) < 0;

    private long Slot(int query, int head, int piece) => ((((long)query * _operands.Heads) + head) * _pieces) + piece;

    private float* Result(int query, int head, int piece) => _results + (Slot(query, head, piece) * _operands.HeadSize);
}
