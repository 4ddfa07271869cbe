using System.Collections.Concurrent;
using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Cosines between the plain means of groups of vectors, from the products of the vectors alone. Means of length zero have cosine
/// 1 with each other and 0 with the rest.</summary>
/// <remarks>The product of two means is the mean of the products: no mean is ever formed, and any number of groupings share one
/// table.</remarks>
public sealed class MeanCosines
{
    // Rows of one piece of parallel work.
    private const int Rows = 64;

    // A cosine from which on nothing is above it but by rounding.
    private const double Highest = 1;

    private readonly CosineTable _products;
    private readonly IReadOnlyList<int[]> _groups;
    private readonly float[] _inverse;

    // Neighbouring vectors that belong to neighbouring groups are added in one go. Vectors are counted from the first of all groups.
    private readonly List<Run> _runs = [];
    private readonly int _first;
    private readonly int _length;

    // The first run and the first vector of all groups from each on.
    private readonly int[] _firstRuns;
    private readonly int[] _starts;

    /// <summary>Prepares groups.</summary>
    /// <param name="products">Products of the vectors.</param>
    /// <param name="groups">Disjoint groups, none empty; best close together, since the stretch from the first to the last vector is
    /// swept.</param>
    public MeanCosines(CosineTable products, IReadOnlyList<int[]> groups)
    {
        (_products, _groups) = (products, groups);
        _first = groups.Min(group => group.Min());
        _length = groups.Max(group => group.Max()) + 1 - _first;
        int[] groupOf = new int[_length];
        Array.Fill(groupOf, -1);
        (_inverse, _starts, _firstRuns) = (new float[groups.Count], new int[groups.Count], new int[groups.Count]);
        for (int g = 0; g < groups.Count; g++)
        {
            double square = 0;
            foreach (int a in groups[g])
            {
                groupOf[a - _first] = g;
                foreach (int b in groups[g])
                    square += products.Product(a, b);
            }
            // One over the norm of the group's sum: lengths of means and sums cancel in a cosine.
            _inverse[g] = square > 0 ? (float)(1 / Math.Sqrt(square)) : 0;
        }
        int[] runOf = FindRuns(groupOf);
        for (int g = groups.Count - 1; g >= 0; g--)
        {
            _starts[g] = Math.Min(groups[g].Min() - _first, g + 1 < groups.Count ? _starts[g + 1] : int.MaxValue);
            _firstRuns[g] = runOf[_starts[g]];
        }
    }

    // Every vector of the table is the group of its own number.
    private bool AreAllVectors => _runs.Count == 1 && Count == _length && Count == _products.Count;

    /// <summary>Number of groups.</summary>
    public int Count => _groups.Count;

    /// <summary>Cosines of a group's mean with all means.</summary>
    /// <param name="group">Number of the group.</param>
    /// <param name="destination">One value for each group.</param>
    public void From(int group, Span<float> destination)
    {
        if (_inverse[group] == 0)
        {
            for (int g = 0; g < destination.Length; g++)
                destination[g] = _inverse[g] == 0 ? 1 : 0;
            return;
        }
        TensorPrimitives.Multiply(Sums(group, 0, new float[Count], new float[_length]), _inverse, destination);
        TensorPrimitives.Multiply(destination, _inverse[group], destination);
    }

    /// <summary>The components of the graph that links means of a cosine above a threshold.</summary>
    /// <param name="threshold">Only cosines strictly above it link; from 1 on nothing does.</param>
    /// <param name="degrees">One count for each group, raised by the number of the other groups that it is linked to.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    public GraphComponents Link(double threshold, Span<int> degrees, ParallelFor? parallel = null)
    {
        var components = new GraphComponents(Count);
        if (threshold >= Highest)
            return components;
        // As many as threads at work, and each as large as the graph: pieces that follow each other share one.
        var shares = new ConcurrentBag<Share>();
        if (AreAllVectors)
            _products.FindHighest(parallel);
        parallel.Run((Count + Rows - 1) / Rows, piece =>
        {
            Share share = shares.TryTake(out Share? free) ? free : new Share(Count, _length);
            LinkRows(piece * Rows, Math.Min(Count, (piece + 1) * Rows), threshold, share);
            shares.Add(share);
        });
        foreach (Share share in shares)
        {
            components.Join(share.Joined);
            TensorPrimitives.Add(degrees, share.Degrees, degrees);
        }
        return components;
    }

    private void LinkRows(int start, int end, double threshold, Share share)
    {
        float limit = (float)threshold;
        for (int group = start; group < end; group++)
        {
            if (_inverse[group] == 0)
            {
                LinkZeros(group, limit, share);
                continue;
            }
            if (AreAllVectors)
            {
                LinkVector(group, limit, share);
                continue;
            }
            ReadOnlySpan<float> later = Sums(group, group, share.Sums, share.Products), inverse = _inverse.AsSpan(group);
            for (int i = Exceeding.Next(later, inverse, inverse[0], 1, limit);
                i < later.Length;
                i = Exceeding.Next(later, inverse, inverse[0], i + 1, limit))
                share.Link(group, group + i);
        }
    }

    /// <summary>The links of a group that is a vector, where all groups are: most blocks of the table hold none.</summary>
    private void LinkVector(int group, float limit, Share share)
    {
        // Far more than the highest cosines of blocks are rounded by.
        const float Slack = 1e-4f;
        ReadOnlySpan<float> products = _products.Products(group), highest = _products.Highest(group);
        for (int block = group / CosineTable.Block; block < highest.Length; block++)
        {
            if (highest[block] < limit - Slack)
                continue;
            int end = Math.Min(Count, (block + 1) * CosineTable.Block);
            int other = Math.Max(group + 1, block * CosineTable.Block);
            while ((other = Exceeding.Next(products[..end], _inverse, _inverse[group], other, limit)) < end)
                share.Link(group, other++);
        }
    }

    private void LinkZeros(int group, float limit, Share share)
    {
        for (int other = group + 1; other < Count; other++)
            if ((_inverse[other] == 0 ? 1 : 0) > limit)
                share.Link(group, other);
    }

    /// <summary>Splits the vectors into runs; tells in which each lies.</summary>
    private int[] FindRuns(ReadOnlySpan<int> groupOf)
    {
        int[] runOf = new int[groupOf.Length];
        for (int vector = 0; vector < groupOf.Length; vector++)
        {
            int group = groupOf[vector];
            if (group >= 0 && vector > 0 && group == groupOf[vector - 1] + 1 && groupOf[vector - 1] >= 0)
                _runs[^1] = _runs[^1] with { Length = _runs[^1].Length + 1 };
            else if (group >= 0)
                _runs.Add(new Run(vector, group, 1));
            runOf[vector] = _runs.Count - 1;
        }
        return runOf;
    }

    /// <summary>Products of a group's sum with the sums of all groups from one on. What lies before that one costs nothing where groups are
    /// in the order of their vectors.</summary>
    private ReadOnlySpan<float> Sums(int group, int start, Span<float> sums, Span<float> scratch)
    {
        ReadOnlySpan<float> products = _products.Products(_groups[group][0]).Slice(_first, _length);
        if (_groups[group].Length > 1)
        {
            int begin = _starts[start];
            _products.Sum(_groups[group], _first + begin, scratch[begin.._length]);
            products = scratch;
        }
        // Where every group is the vector of its own number, the sums are the products.
        if (_runs.Count == 1 && Count == _length)
            return products[start..];
        sums = sums[start..Count];
        sums.Clear();
        for (int r = _firstRuns[start]; r < _runs.Count; r++)
        {
            (int vector, int other, int length) = _runs[r];
            int skipped = Math.Max(0, start - other);
            if (skipped >= length)
                continue;
            Span<float> target = sums.Slice(other + skipped - start, length - skipped);
            ReadOnlySpan<float> source = products.Slice(vector + skipped, target.Length);
            if (target.Length == 1)
                target[0] += source[0];
            else
                TensorPrimitives.Add(target, source, target);
        }
        return sums;
    }

    /// <summary>What one thread has found, and its scratch memory.</summary>
    private sealed class Share(int groups, int vectors)
    {
        public GraphComponents Joined { get; } = new(groups);

        public int[] Degrees { get; } = new int[groups];

        public float[] Sums { get; } = new float[groups];

        public float[] Products { get; } = new float[vectors];

        public void Link(int a, int b)
        {
            Degrees[a]++;
            Degrees[b]++;
            Joined.Join(a, b);
        }
    }

    /// <summary>Vectors that follow each other and belong to groups that follow each other.</summary>
    private readonly record struct Run(int Vector, int Group, int Length);
}
