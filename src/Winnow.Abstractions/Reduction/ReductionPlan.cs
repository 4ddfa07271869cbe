using System.Numerics.Tensors;

namespace Winnow.Reduction;

/// <summary>
/// What a method answers: the tokens that go on, in order, each a weighted sum of source tokens, with a place and a size.
/// </summary>
/// <remarks>
/// Pruning is the case of one source with weight 1; merging has several. Stored like a sparse matrix by rows: token k has the sources
/// <c>Sources[Offsets[k] .. Offsets[k + 1])</c>. The decision is made once and can be applied to features, positions and pictures alike.
/// </remarks>
public sealed class ReductionPlan
{
    private readonly IReadOnlySet<int> _maxima;

    internal ReductionPlan(
        int sourceCount, int[] offsets, int[] sources, float[] weights, int[] places,
        float[] sizes, IReadOnlySet<int> maxima, PlanTrace trace)
    {
        (SourceCount, _maxima) = (sourceCount, maxima);
        (Offsets, Sources, Weights, Places, Sizes, Trace) = (offsets, sources, weights, places, sizes, trace);
    }

    /// <summary>Number of tokens before the reduction.</summary>
    public int SourceCount { get; }

    /// <summary>Number of tokens after it.</summary>
    public int Count => Places.Count;

    /// <summary><c>[Count + 1]</c>: where each token's sources start.</summary>
    public IReadOnlyList<int> Offsets { get; }

    /// <summary>Indices of source tokens.</summary>
    public IReadOnlyList<int> Sources { get; }

    /// <summary>Weight of each source.</summary>
    public IReadOnlyList<float> Weights { get; }

    /// <summary><c>[Count]</c>: the source token under whose index the token is kept: its place in time and space.</summary>
    public IReadOnlyList<int> Places { get; }

    /// <summary><c>[Count]</c>: how many source tokens it stands for.</summary>
    public IReadOnlyList<float> Sizes { get; }

    /// <summary>
    /// Whether a token holds the largest value of its sources in every channel (max pooling) instead of their weighted sum; its weights
    /// are equal shares then.
    /// </summary>
    public bool IsMaximum(int token) => _maxima.Contains(token);

    /// <summary>What explains the plan: segments, budgets, scores.</summary>
    public PlanTrace Trace { get; }

    /// <summary>Where source tokens went.</summary>
    /// <returns>
    /// <c>[SourceCount]</c>: of each source token the token in which it weighs most, the first of equals; -1 where it is in none.
    /// </returns>
    public int[] Destinations()
    {
        int[] destinations = new int[SourceCount];
        float[] weights = new float[SourceCount];
        Array.Fill(destinations, -1);
        for (int token = 0; token < Count; token++)
            for (int entry = Offsets[token]; entry < Offsets[token + 1]; entry++)
                if (Sources[entry] is var source && (destinations[source] < 0 || Weights[entry] > weights[source]))
                    (destinations[source], weights[source]) = (token, Weights[entry]);
        return destinations;
    }

    /// <summary>Keeps whole tokens, in the order given.</summary>
    /// <param name="kept">Indices of source tokens.</param>
    /// <param name="sourceCount">Number of tokens before the reduction.</param>
    /// <param name="trace">What explains the plan.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the source.</exception>
    public static ReductionPlan Keep(ReadOnlySpan<int> kept, int sourceCount, PlanTrace? trace = null)
    {
        var builder = new ReductionPlanBuilder(sourceCount);
        foreach (int token in kept)
            builder.Keep(token);
        return builder.Build(trace);
    }

    /// <summary>The same tokens in the order of their places; tokens of one place keep their order.</summary>
    public ReductionPlan InPlaceOrder()
    {
        int[] order = [.. Enumerable.Range(0, Count).OrderBy(token => Places[token])];
        int[] offsets = new int[Count + 1];
        for (int k = 0; k < Count; k++)
            offsets[k + 1] = offsets[k] + Offsets[order[k] + 1] - Offsets[order[k]];
        int[] entries = [.. order.SelectMany(token => Enumerable.Range(Offsets[token], Offsets[token + 1] - Offsets[token]))];
        return new ReductionPlan(
            SourceCount, offsets, Array.ConvertAll(entries, entry => Sources[entry]), Array.ConvertAll(entries, entry => Weights[entry]),
            Array.ConvertAll(order, token => Places[token]), Array.ConvertAll(order, token => Sizes[token]),
            Enumerable.Range(0, Count).Where(k => IsMaximum(order[k])).ToHashSet(), Trace);
    }

    /// <summary>Computes the reduced vectors into a new array.</summary>
    /// <returns><c>[Count, D]</c>.</returns>
    /// <inheritdoc cref="Apply(TokenMatrix, Span{float})"/>
    public float[] Apply(TokenMatrix source)
    {
        float[] reduced = new float[Count * source.Dimension];
        Apply(source, reduced);
        return reduced;
    }

    /// <summary>
    /// Computes the reduced vectors: each the weighted sum of its sources, in the order of the list, in float32, or their maximum where
    /// <see cref="IsMaximum"/> says so.
    /// </summary>
    /// <param name="source"><c>[SourceCount, D]</c>.</param>
    /// <param name="destination"><c>[Count, D]</c>; must not overlap the source.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Apply(TokenMatrix source, Span<float> destination)
    {
        int dimension = source.Dimension;
        if (source.Count != SourceCount)
            throw new ArgumentException($"The plan was made for {SourceCount} tokens; the source has {source.Count}.", nameof(source));
        if (destination.Length != Count * dimension)
            throw new ArgumentException(
                $"{Count} tokens of {dimension} need {Count * dimension} values; the destination has {destination.Length}.",
                nameof(destination));
        for (int token = 0; token < Count; token++)
        {
            Span<float> target = destination.Slice(token * dimension, dimension);
            int first = Offsets[token], end = Offsets[token + 1];
            if (end - first == 1 && Weights[first] == 1f)
            {
                source[Sources[first]].CopyTo(target);
                continue;
            }
            if (IsMaximum(token))
            {
                source[Sources[first]].CopyTo(target);
                for (int entry = first + 1; entry < end; entry++)
                    TensorPrimitives.Max(target, source[Sources[entry]], target);
                continue;
            }
            target.Clear();
            for (int entry = first; entry < end; entry++)
                TensorPrimitives.MultiplyAdd(source[Sources[entry]], Weights[entry], target, target);
        }
    }
}
