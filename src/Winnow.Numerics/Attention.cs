using Winnow.Numerics.Kernels;

namespace Winnow.Numerics;

/// <summary>
/// Softmax attention in f32, tile by tile, without a tokens x tokens matrix; exact attention rows and column sums on request.
/// </summary>
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
        ArgumentNullException.ThrowIfNull(compute);
        AttentionOperands operands = AttentionOperands.From(input);
        Check.Length(output.Length, (long)operands.M * operands.Heads * operands.HeadSize, nameof(output), "m x H x headSize");
        if (!logSumExp.IsEmpty)
        {
            Check.Length(logSumExp.Length, (long)operands.M * operands.Heads, nameof(logSumExp), "H x m");
        }

        using Compute.Lease lease = compute.Enter();
        fixed (float* q = input.Queries, bias = input.KeyBias, o = output, lse = logSumExp)
        fixed (byte* k = input.KeyValues.Keys, v = input.KeyValues.Values)
        {
            operands.Attach(q, k, v, bias);
            compute.Count(2 * operands.DotProducts(0, operands.M));
            if (VectorAttention.Suits(compute, operands))
            {
                VectorAttention.Run(compute, operands, o, lse);
            }
            else
            {
                TiledAttention.Run(compute, operands, o, lse);
            }
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
        ArgumentNullException.ThrowIfNull(compute);
        AttentionOperands operands = AttentionOperands.From(input);
        int n = operands.N;
        Check.Length(
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
            foreach (int row in rows)
            {
                compute.Count(operands.DotProducts(row, 1));
            }

            AttentionRows.Run(compute, operands, r, rows.Length, d, meanOverHeads);
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
        ArgumentNullException.ThrowIfNull(compute);
        AttentionOperands operands = AttentionOperands.From(input);
        Check.Length(logSumExp.Length, (long)operands.M * operands.Heads, nameof(logSumExp), "H x m");
        Check.Length(destination.Length, (long)operands.N * operands.Heads, nameof(destination), "H x n");
        ArgumentOutOfRangeException.ThrowIfNegative(firstQuery);
        ArgumentOutOfRangeException.ThrowIfNegative(queryCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstQuery + queryCount, operands.M, nameof(queryCount));

        using Compute.Lease lease = compute.Enter();
        fixed (float* q = input.Queries, bias = input.KeyBias, lse = logSumExp, d = destination)
        fixed (byte* k = input.KeyValues.Keys, v = input.KeyValues.Values)
        {
            operands.Attach(q, k, v, bias);
            compute.Count(operands.DotProducts(firstQuery, queryCount));
            AttentionColumnSums.Run(compute, operands, lse, firstQuery, queryCount, d);
        }
    }
}
