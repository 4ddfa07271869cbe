using System.Collections.Concurrent;
using System.Numerics;
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

    // Far more than what rounding adds to a bound.
    private const float Slack = 1e-4f;

    private readonly CosineTable _products;
    private readonly IReadOnlyList<int[]> _groups;
    private readonly float[] _inverse;

    // The vectors from the first of all groups to the last: the group of each, or -1, and what bounds its group's cosine.
    private readonly int _first;
    private readonly int _length;
    private readonly int[] _groupOf;
    private readonly float[] _bounds;

    // Where the vectors of all groups from each on begin; the largest spread of the groups in each block of the table.
    private readonly int[] _starts;
    private readonly float[] _spreads;

    /// <summary>Prepares groups.</summary>
    /// <param name="products">Products of the vectors.</param>
    /// <param name="groups">Disjoint groups, none empty; best close together, since the stretch from the first to the last vector is
    /// swept.</param>
    public MeanCosines(CosineTable products, IReadOnlyList<int[]> groups)
    {
        (_products, _groups) = (products, groups);
        _first = groups.Min(group => group.Min());
        _length = groups.Max(group => group.Max()) + 1 - _first;
        (_groupOf, _bounds, _spreads) = (new int[_length], new float[_length], new float[products.Blocks]);
        (_inverse, _starts) = (new float[groups.Count], new int[groups.Count + 1]);
        Array.Fill(_groupOf, -1);
        _starts[^1] = _length;
        for (int g = groups.Count - 1; g >= 0; g--)
            Prepare(g, groups[g]);
    }

    /// <summary>Number of groups.</summary>
    public int Count => _groups.Count;

    // Only then is what the table knows of its blocks worth asking for.
    private bool AreWholeTable => _length == _products.Count;

    /// <summary>Cosines of a group's mean with all means.</summary>
    /// <param name="group">Number of the group.</param>
    /// <param name="destination">One value for each group.</param>
    public void From(int group, Span<float> destination)
    {
        ReadOnlySpan<float> products = Products(group, 0, new float[_length]);
        for (int g = 0; g < Count; g++)
            destination[g] = _inverse[group] == 0 ? (_inverse[g] == 0 ? 1 : 0) : Cosine(group, g, products);
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
        if (AreWholeTable)
            _products.FindHighest(parallel);
        parallel.Run((Count + Rows - 1) / Rows, piece =>
        {
            Share share = shares.TryTake(out Share? free) ? free : new Share(Count, _length);
            for (int group = piece * Rows; group < Math.Min(Count, (piece + 1) * Rows); group++)
                if (_inverse[group] == 0)
                    LinkZeros(group, (float)threshold, share);
                else
                    LinkLater(group, (float)threshold, share);
            shares.Add(share);
        });
        foreach (Share share in shares)
        {
            components.Join(share.Joined);
            TensorPrimitives.Add(degrees, share.Degrees, degrees);
        }
        return components;
    }

    private void Prepare(int group, int[] members)
    {
        double square = 0, lengths = 0;
        int start = _starts[group + 1];
        foreach (int a in members)
        {
            foreach (int b in members)
                square += _products.Product(a, b);
            lengths += Math.Sqrt(_products.Product(a, a));
            start = Math.Min(start, a - _first);
        }
        _starts[group] = start;
        // One over the norm of the group's sum: lengths of means and sums cancel in a cosine.
        _inverse[group] = square > 0 ? (float)(1 / Math.Sqrt(square)) : 0;
        // A mean's cosine with something is at most the highest of its members' times their spread: all their lengths over their sum's.
        float spread = (float)(lengths * _inverse[group]);
        foreach (int a in members)
        {
            _groupOf[a - _first] = group;
            _bounds[a - _first] = spread * _products.InverseNorm(a);
            ref float widest = ref _spreads[a / CosineTable.Block];
            widest = Math.Max(widest, spread);
        }
    }

    /// <summary>Products of a group's sum with the vectors of all groups from one on.</summary>
    private ReadOnlySpan<float> Products(int group, int start, Span<float> scratch)
    {
        int[] members = _groups[group];
        if (members.Length == 1)
            return _products.Products(members[0]).Slice(_first, _length);
        _products.Sum(members, _first + _starts[start], scratch[_starts[start]..]);
        return scratch;
    }

    private float Cosine(int group, int other, ReadOnlySpan<float> products)
    {
        float sum = 0;
        foreach (int member in _groups[other])
            sum += products[member - _first];
        return sum * _inverse[other] * _inverse[group];
    }

    /// <summary>The links of a group to those of higher numbers.</summary>
    private void LinkLater(int group, float limit, Share share)
    {
        ReadOnlySpan<float> products = Products(group, group + 1, share.Products);
        // Blocks without a vector that is close enough are left out.
        bool skip = AreWholeTable && _groups[group].Length == 1 && limit > Slack;
        ReadOnlySpan<float> highest = skip ? _products.Highest(_groups[group][0]) : default, spreads = _spreads;
        int from = _starts[group + 1];
        for (int block = (_first + from) / CosineTable.Block; block * CosineTable.Block < _first + _length; block++)
        {
            if (skip && highest[block] * spreads[block] < limit - Slack)
                continue;
            int start = Math.Max(from, block * CosineTable.Block - _first);
            int end = Math.Min(_length, (block + 1) * CosineTable.Block - _first);
            LinkClose(group, start, products[start..end], limit, products, share);
        }
    }

    /// <summary>The links of a group to those of some vectors that follow each other.</summary>
    private void LinkClose(int group, int start, ReadOnlySpan<float> close, float limit, ReadOnlySpan<float> products, Share share)
    {
        ulong above = Exceeding.Above(close, _bounds.AsSpan(start, close.Length), _inverse[group], limit - Slack);
        for (; above != 0; above &= above - 1)
        {
            int other = _groupOf[start + BitOperations.TrailingZeroCount(above)];
            if (other > group && share.IsNew(group, other) && Cosine(group, other, products) > limit)
                share.Link(group, other);
        }
    }

    private void LinkZeros(int group, float limit, Share share)
    {
        for (int other = group + 1; other < Count; other++)
            if ((_inverse[other] == 0 ? 1 : 0) > limit)
                share.Link(group, other);
    }

    /// <summary>What one thread has found, and its scratch memory.</summary>
    private sealed class Share(int groups, int vectors)
    {
        // The last group, counted from 1, that looked at each.
        private readonly int[] _seenBy = new int[groups];

        public GraphComponents Joined { get; } = new(groups);

        public int[] Degrees { get; } = new int[groups];

        public float[] Products { get; } = new float[vectors];

        public bool IsNew(int group, int other)
        {
            bool seen = _seenBy[other] == group + 1;
            _seenBy[other] = group + 1;
            return !seen;
        }

        public void Link(int a, int b)
        {
            Degrees[a]++;
            Degrees[b]++;
            Joined.Join(a, b);
        }
    }
}
