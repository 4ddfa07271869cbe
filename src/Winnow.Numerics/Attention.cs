using System.Numerics;

namespace Winnow.Numerics;

/// <summary>Softmax attention in f32, tile by tile, without a tokens x tokens matrix; exact attention rows and column sums on request.</summary>
public static unsafe class Attention
{
    /// <summary><c>output = softmax(scale q k^T + keyBias + causal mask) v</c> for every query and head.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="input">Queries, keys, values and mask.</param>
    /// <param name="output">Result [m, H * headSize]; must not overlap the input.</param>
    /// <param name="logSumExp">
    /// Empty, or [H, m]: receives the logarithm of each row's sum of exponentials, which <see cref="ColumnSums"/> needs.
    /// </param>
    /// <exception cref="ArgumentException">A length or a shape does not fit.</exception>
    public static void Apply(Compute compute, AttentionInput input, Span<float> output, Span<float> logSumExp = default)
    {
        Operands operands = Operands.Check(compute, input);
        Numerics.Check.Length(output.Length, (long)operands.M * operands.Heads * operands.HeadSize, nameof(output), "m x H x headSize");
        if (!logSumExp.IsEmpty)
        {
            Numerics.Check.Length(logSumExp.Length, (long)operands.M * operands.Heads, nameof(logSumExp), "H x m");
        }

        using Compute.Lease lease = compute.Enter();
        fixed (float* q = input.Queries, bias = input.KeyBias, o = output, lse = logSumExp)
        fixed (byte* k = input.KeyValues.Keys, v = input.KeyValues.Values)
        {
            operands.Attach(q, k, v, bias);
            ApplyJob job = new() { In = operands, Output = o, LogSumExp = lse, Compute = compute };
            compute.Run(operands.M * operands.Heads, job);
        }
    }

    /// <summary>The exact attention probabilities of the queries asked for, at the cost of those rows alone.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="input">Queries, keys, values and mask (values are not read).</param>
    /// <param name="rows">Query indices, 0 to m - 1.</param>
    /// <param name="destination">
    /// [H, rows, n], or [rows, n] when <paramref name="meanOverHeads"/>; keys that a query does not see get 0.
    /// </param>
    /// <param name="meanOverHeads">True to average the heads' probabilities.</param>
    /// <exception cref="ArgumentException">A length or a shape does not fit.</exception>
    public static void Rows(
        Compute compute, AttentionInput input, ReadOnlySpan<int> rows, Span<float> destination, bool meanOverHeads = false)
    {
        Operands operands = Operands.Check(compute, input);
        int n = operands.N;
        Numerics.Check.Length(
            destination.Length, (long)rows.Length * n * (meanOverHeads ? 1 : operands.Heads), nameof(destination), "rows x n (x H)");
        foreach (int row in rows)
        {
            if ((uint)row >= (uint)operands.M)
            {
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"Query indices go from 0 to {operands.M - 1}.");
            }
        }

        using Compute.Lease lease = compute.Enter();
        fixed (float* q = input.Queries, bias = input.KeyBias, d = destination)
        fixed (byte* k = input.KeyValues.Keys, v = input.KeyValues.Values)
        fixed (int* r = rows)
        {
            operands.Attach(q, k, v, bias);
            RowsJob job = new() { In = operands, Rows = r, RowCount = rows.Length, Destination = d, Mean = meanOverHeads, Compute = compute };
            compute.Run(rows.Length, job);
        }
    }

    /// <summary>What each key receives from a range of queries: the sum over those queries of their attention probabilities.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="input">Queries, keys, values and mask (values are not read).</param>
    /// <param name="logSumExp">[H, m] as <see cref="Apply"/> left it for the same input.</param>
    /// <param name="firstQuery">First query of the range.</param>
    /// <param name="queryCount">Queries in the range.</param>
    /// <param name="destination">[H, n]; divide by the number of queries (that see the key) for a mean.</param>
    /// <exception cref="ArgumentException">A length or a shape does not fit.</exception>
    public static void ColumnSums(
        Compute compute, AttentionInput input, ReadOnlySpan<float> logSumExp, int firstQuery, int queryCount, Span<float> destination)
    {
        Operands operands = Operands.Check(compute, input);
        Numerics.Check.Length(logSumExp.Length, (long)operands.M * operands.Heads, nameof(logSumExp), "H x m");
        Numerics.Check.Length(destination.Length, (long)operands.N * operands.Heads, nameof(destination), "H x n");
        ArgumentOutOfRangeException.ThrowIfNegative(firstQuery);
        ArgumentOutOfRangeException.ThrowIfNegative(queryCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstQuery + queryCount, operands.M, nameof(queryCount));

        using Compute.Lease lease = compute.Enter();
        fixed (float* q = input.Queries, bias = input.KeyBias, lse = logSumExp, d = destination)
        fixed (byte* k = input.KeyValues.Keys, v = input.KeyValues.Values)
        {
            operands.Attach(q, k, v, bias);
            SumsJob job = new() { In = operands, LogSumExp = lse, First = firstQuery, Count = queryCount, Destination = d, Compute = compute };
            compute.Run(operands.Heads, job);
        }
    }

    private struct Operands
    {
        public float* Q;
        public float* Bias;
        public byte* K;
        public byte* V;
        public int M;
        public int N;
        public int Heads;
        public int KvHeads;
        public int HeadSize;
        public int QueryStride;
        public int HeadStride;
        public int RowStride;
        public bool IsHalf;
        public bool Causal;
        public float Scale;

        public static Operands Check(Compute compute, AttentionInput input)
        {
            ArgumentNullException.ThrowIfNull(compute);
            KeyValues kv = input.KeyValues;
            ArgumentOutOfRangeException.ThrowIfNegative(input.QueryCount);
            if (input.Heads < 1 || kv.Heads < 1 || input.Heads % kv.Heads != 0)
            {
                throw new ArgumentException($"{input.Heads} query heads cannot share {kv.Heads} key-value heads; use a multiple.");
            }

            if (kv.Count < 1 || (input.Causal && kv.Count < input.QueryCount))
            {
                throw new ArgumentException($"{input.QueryCount} queries against {kv.Count} keys: at least one key is needed, and a causal attention needs one per query.");
            }

            int stride = input.QueryStride == 0 ? input.Heads * kv.HeadSize : input.QueryStride;
            ArgumentOutOfRangeException.ThrowIfLessThan(stride, input.Heads * kv.HeadSize, nameof(input.QueryStride));
            long needed = input.QueryCount == 0 ? 0 : ((input.QueryCount - 1) * (long)stride) + (input.Heads * kv.HeadSize);
            if (input.Queries.Length < needed)
            {
                throw new ArgumentException($"Queries has {input.Queries.Length} elements; {input.QueryCount} rows need {needed}.");
            }

            if (!input.KeyBias.IsEmpty)
            {
                Numerics.Check.Length(input.KeyBias.Length, kv.Count, nameof(input.KeyBias), "n");
            }

            return new Operands
            {
                M = input.QueryCount,
                N = kv.Count,
                Heads = input.Heads,
                KvHeads = kv.Heads,
                HeadSize = kv.HeadSize,
                QueryStride = stride,
                HeadStride = kv.HeadStride,
                RowStride = kv.RowStride,
                IsHalf = kv.IsHalf,
                Causal = input.Causal,
                Scale = input.Scale,
            };
        }

        public void Attach(float* q, byte* k, byte* v, float* bias)
        {
            Q = q;
            K = k;
            V = v;
            Bias = bias;
        }

        public readonly int Visible(int row) => Causal ? N - M + row + 1 : N;

        public readonly void Logits(int row, int head, float* logits)
        {
            float* q = Q + ((long)row * QueryStride) + ((long)head * HeadSize);
            int visible = Visible(row);
            for (int j = 0; j < visible; j++)
            {
                logits[j] = (Dot(q, Element(K, head, j)) * Scale) + (Bias is null ? 0 : Bias[j]);
            }
        }

        public readonly byte* Element(byte* start, int head, int token) =>
            start + ((((long)(head / (Heads / KvHeads)) * HeadStride) + ((long)token * RowStride)) * (IsHalf ? 2 : 4));

        public readonly float Read(byte* row, int i) => IsHalf ? (float)((Half*)row)[i] : ((float*)row)[i];

        private readonly float Dot(float* q, byte* key)
        {
            int i = 0;
            Vector<float> sum = Vector<float>.Zero;
            if (!IsHalf)
            {
                for (; i <= HeadSize - Vector<float>.Count; i += Vector<float>.Count)
                {
                    sum = Vector.FusedMultiplyAdd(Vector.Load(q + i), Vector.Load((float*)key + i), sum);
                }
            }

            float total = Vector.Sum(sum);
            for (; i < HeadSize; i++)
            {
                total += q[i] * Read(key, i);
            }

            return total;
        }
    }

    private sealed class ApplyJob : IParallelJob
    {
        public Operands In;
        public float* Output;
        public float* LogSumExp;
        public required Compute Compute;

        public void Run(int index, int worker)
        {
            int row = index / In.Heads;
            int head = index % In.Heads;
            float* logits = (float*)Compute.WorkerScratch(worker, 4L * In.N);
            In.Logits(row, head, logits);
            int visible = In.Visible(row);
            float max = float.NegativeInfinity;
            for (int j = 0; j < visible; j++)
            {
                max = Math.Max(max, logits[j]);
            }

            float* o = Output + (((long)row * In.Heads + head) * In.HeadSize);
            new Span<float>(o, In.HeadSize).Clear();
            float sum = 0;
            for (int j = 0; j < visible; j++)
            {
                float p = MathF.Exp(logits[j] - max);
                sum += p;
                byte* value = In.Element(In.V, head, j);
                for (int i = 0; i < In.HeadSize; i++)
                {
                    o[i] += p * In.Read(value, i);
                }
            }

            for (int i = 0; i < In.HeadSize; i++)
            {
                o[i] /= sum;
            }

            if (LogSumExp is not null)
            {
                LogSumExp[((long)head * In.M) + row] = max + MathF.Log(sum);
            }
        }
    }

    private sealed class RowsJob : IParallelJob
    {
        public Operands In;
        public int* Rows;
        public int RowCount;
        public float* Destination;
        public bool Mean;
        public required Compute Compute;

        public void Run(int index, int worker)
        {
            float* logits = (float*)Compute.WorkerScratch(worker, 4L * In.N);
            int row = Rows[index];
            int visible = In.Visible(row);
            if (Mean)
            {
                new Span<float>(Destination + ((long)index * In.N), In.N).Clear();
            }

            for (int head = 0; head < In.Heads; head++)
            {
                In.Logits(row, head, logits);
                float max = float.NegativeInfinity;
                for (int j = 0; j < visible; j++)
                {
                    max = Math.Max(max, logits[j]);
                }

                float sum = 0;
                for (int j = 0; j < visible; j++)
                {
                    logits[j] = MathF.Exp(logits[j] - max);
                    sum += logits[j];
                }

                float* target = Destination + (((Mean ? 0 : (long)head * RowCount) + index) * In.N);
                for (int j = 0; j < In.N; j++)
                {
                    float p = j < visible ? logits[j] / sum : 0;
                    target[j] = Mean ? target[j] + (p / In.Heads) : p;
                }
            }
        }
    }

    private sealed class SumsJob : IParallelJob
    {
        public Operands In;
        public float* LogSumExp;
        public int First;
        public int Count;
        public float* Destination;
        public required Compute Compute;

        public void Run(int index, int worker)
        {
            float* logits = (float*)Compute.WorkerScratch(worker, 4L * In.N);
            float* target = Destination + ((long)index * In.N);
            new Span<float>(target, In.N).Clear();
            for (int row = First; row < First + Count; row++)
            {
                In.Logits(row, index, logits);
                float lse = LogSumExp[((long)index * In.M) + row];
                for (int j = 0; j < In.Visible(row); j++)
                {
                    target[j] += MathF.Exp(logits[j] - lse);
                }
            }
        }
    }
}
