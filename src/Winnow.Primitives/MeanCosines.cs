using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Cosines between the plain means of groups of vectors, from the products of the vectors alone. Means of length zero have cosine
/// 1 with each other and 0 with the rest.</summary>
/// <remarks>The product of two means is the mean of the products: no mean is ever formed, and any number of groupings share one
/// table.</remarks>
public sealed class MeanCosines
{
    private readonly CosineTable _products;
    private readonly IReadOnlyList<int[]> _groups;
    private readonly double[] _inverse;
    private readonly int[] _groupOf;

    // The first vector of all groups from each on, counted from that of all.
    private readonly int[] _starts;
    private readonly int _first;

    /// <summary>Prepares groups.</summary>
    /// <param name="products">Products of the vectors.</param>
    /// <param name="groups">Disjoint groups, none empty; best close together, since the stretch from the first to the last vector is
    /// swept.</param>
    public MeanCosines(CosineTable products, IReadOnlyList<int[]> groups)
    {
        (_products, _groups) = (products, groups);
        _first = groups.Min(group => group.Min());
        _groupOf = new int[groups.Max(group => group.Max()) + 1 - _first];
        Array.Fill(_groupOf, -1);
        (_inverse, _starts) = (new double[groups.Count], new int[groups.Count]);
        for (int g = 0; g < groups.Count; g++)
        {
            double square = 0;
            foreach (int a in groups[g])
            {
                _groupOf[a - _first] = g;
                foreach (int b in groups[g])
                    square += products.Product(a, b);
            }
            // One over the norm of the group's sum: lengths of means and sums cancel in a cosine.
            _inverse[g] = square > 0 ? 1 / Math.Sqrt(square) : 0;
        }
        for (int g = groups.Count - 1; g >= 0; g--)
            _starts[g] = Math.Min(groups[g].Min() - _first, g + 1 < groups.Count ? _starts[g + 1] : int.MaxValue);
    }

    /// <summary>Number of groups.</summary>
    public int Count => _groups.Count;

    /// <summary>Cosines of a group's mean with all means.</summary>
    /// <param name="group">Number of the group.</param>
    /// <param name="destination">One value for each group.</param>
    public void From(int group, Span<double> destination) => From(group, 0, destination, new double[_groupOf.Length]);

    /// <summary>Pairs of different groups whose means have a cosine above the threshold, each pair once, by its lower number, then by its
    /// higher.</summary>
    /// <param name="threshold">Only cosines strictly above it count.</param>
    /// <param name="parallel">How the work is spread over threads; null for none.</param>
    public IEnumerable<(int Lower, int Higher)> PairsAbove(double threshold, ParallelFor? parallel = null)
    {
        const int Rows = 64;
        var pairs = new List<(int, int)>[(Count + Rows - 1) / Rows];
        Action<int> block = piece =>
        {
            var found = new List<(int, int)>();
            double[] cosines = new double[Count], sum = new double[_groupOf.Length];
            for (int group = piece * Rows; group < Math.Min(Count, (piece + 1) * Rows); group++)
            {
                Span<double> later = cosines.AsSpan(group);
                From(group, group, later, sum);
                for (int i = 1; i < later.Length; i++)
                    if (later[i] > threshold)
                        found.Add((group, group + i));
            }
            pairs[piece] = found;
        };
        if (parallel is not null)
            parallel(pairs.Length, block);
        else
            for (int piece = 0; piece < pairs.Length; piece++)
                block(piece);
        return pairs.SelectMany(found => found);
    }

    // What lies before the first wanted group costs nothing where groups are in the order of their vectors.
    private void From(int group, int start, Span<double> destination, Span<double> scratch)
    {
        ReadOnlySpan<double> inverse = _inverse.AsSpan(start);
        if (_inverse[group] == 0)
        {
            for (int g = 0; g < destination.Length; g++)
                destination[g] = inverse[g] == 0 ? 1 : 0;
            return;
        }
        destination.Clear();
        ReadOnlySpan<int> groupOf = _groupOf.AsSpan(_starts[start]);
        if (_groups[group].Length == 1)
        {
            ReadOnlySpan<float> products = _products.Products(_groups[group][0]).Slice(_first + _starts[start], groupOf.Length);
            for (int i = 0; i < groupOf.Length; i++)
                if (groupOf[i] >= start)
                    destination[groupOf[i] - start] += products[i];
        }
        else
        {
            Span<double> sum = scratch[.._groupOf.Length][_starts[start]..];
            _products.Sum(_groups[group], [], _first + _starts[start], sum);
            for (int i = 0; i < groupOf.Length; i++)
                if (groupOf[i] >= start)
                    destination[groupOf[i] - start] += sum[i];
        }
        TensorPrimitives.Multiply(destination, inverse, destination);
        TensorPrimitives.Multiply(destination, _inverse[group], destination);
    }
}
