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

    /// <summary>Number of groups.</summary>
    public int Count => _groups.Count;

    /// <summary>Cosines of a group's mean with all means.</summary>
    /// <param name="group">Number of the group.</param>
    /// <param name="destination">One value for each group.</param>
    public void From(int group, Span<float> destination) => From(group, 0, destination, new float[_length]);

    /// <summary>The components of the graph that links means of a cosine above a threshold.</summary>
    /// <param name="threshold">Only cosines strictly above it link; from 1 on nothing does.</param>
    /// <param name="degrees">One count for each group, raised by the number of the other groups that it is linked to.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    public GraphComponents Link(double threshold, Span<int> degrees, ParallelFor? parallel = null)
    {
        var components = new GraphComponents(Count);
        if (threshold >= Highest)
            return components;
        var pieces = new (GraphComponents Joined, int[] Degrees)[(Count + Rows - 1) / Rows];
        Action<int> block = piece => pieces[piece] = LinkRows(piece * Rows, Math.Min(Count, (piece + 1) * Rows), threshold);
        if (parallel is not null)
            parallel(pieces.Length, block);
        else
            for (int piece = 0; piece < pieces.Length; piece++)
                block(piece);
        foreach ((GraphComponents joined, int[] counts) in pieces)
        {
            components.Join(joined);
            TensorPrimitives.Add(degrees, counts, degrees);
        }
        return components;
    }

    private (GraphComponents Joined, int[] Degrees) LinkRows(int start, int end, double threshold)
    {
        var joined = new GraphComponents(Count);
        int[] degrees = new int[Count];
        float[] cosines = new float[Count], sum = new float[_length];
        float limit = (float)threshold;
        for (int group = start; group < end; group++)
        {
            Span<float> later = cosines.AsSpan(group);
            From(group, group, later, sum);
            for (int i = Exceeding.Next(later, 1, limit); i < later.Length; i = Exceeding.Next(later, i + 1, limit))
            {
                degrees[group]++;
                degrees[group + i]++;
                joined.Join(group, group + i);
            }
        }
        return (joined, degrees);
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

    // What lies before the first wanted group costs nothing where groups are in the order of their vectors.
    private void From(int group, int start, Span<float> destination, Span<float> scratch)
    {
        ReadOnlySpan<float> inverse = _inverse.AsSpan(start);
        if (_inverse[group] == 0)
        {
            for (int g = 0; g < destination.Length; g++)
                destination[g] = inverse[g] == 0 ? 1 : 0;
            return;
        }
        ReadOnlySpan<float> products = _products.Products(_groups[group][0]).Slice(_first, _length);
        if (_groups[group].Length > 1)
        {
            int begin = _starts[start];
            _products.Sum(_groups[group], _first + begin, scratch[begin.._length]);
            products = scratch;
        }
        destination.Clear();
        for (int r = _firstRuns[start]; r < _runs.Count; r++)
        {
            (int vector, int other, int length) = _runs[r];
            int skipped = Math.Max(0, start - other);
            if (skipped >= length)
                continue;
            Span<float> target = destination.Slice(other + skipped - start, length - skipped);
            ReadOnlySpan<float> source = products.Slice(vector + skipped, target.Length);
            if (target.Length == 1)
                target[0] += source[0];
            else
                TensorPrimitives.Add(target, source, target);
        }
        TensorPrimitives.Multiply(destination, inverse, destination);
        TensorPrimitives.Multiply(destination, _inverse[group], destination);
    }

    /// <summary>Vectors that follow each other and belong to groups that follow each other.</summary>
    private readonly record struct Run(int Vector, int Group, int Length);
}
