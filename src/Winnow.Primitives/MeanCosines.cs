using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Cosines between the plain means of groups of vectors, from the products of the vectors alone. Means of length zero have cosine 1 with each other and 0 with the rest.</summary>
/// <remarks>The product of two means is the mean of the products: no mean is ever formed, and any number of groupings share one table.</remarks>
public sealed class MeanCosines
{
    private readonly CosineTable _products;
    private readonly IReadOnlyList<int[]> _groups;
    private readonly double[] _inverse;
    private readonly double[] _sum;
    private readonly int[] _groupOf;
    private readonly int _first;

    /// <summary>Prepares groups.</summary>
    /// <param name="products">Products of the vectors.</param>
    /// <param name="groups">Disjoint groups, none empty; best close together, since the stretch from the first to the last vector is swept.</param>
    public MeanCosines(CosineTable products, IReadOnlyList<int[]> groups)
    {
        (_products, _groups) = (products, groups);
        _first = groups.Min(group => group.Min());
        _sum = new double[groups.Max(group => group.Max()) + 1 - _first];
        _groupOf = new int[_sum.Length];
        Array.Fill(_groupOf, -1);
        _inverse = new double[groups.Count];
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
    }

    /// <summary>Number of groups.</summary>
    public int Count => _groups.Count;

    /// <summary>Cosines of a group's mean with all means.</summary>
    /// <param name="group">Number of the group.</param>
    /// <param name="destination">One value for each group.</param>
    public void From(int group, Span<double> destination)
    {
        if (_inverse[group] == 0)
        {
            for (int g = 0; g < destination.Length; g++)
                destination[g] = _inverse[g] == 0 ? 1 : 0;
            return;
        }
        _products.Sum(_groups[group], [], _first, _sum);
        destination.Clear();
        for (int i = 0; i < _sum.Length; i++)
            if (_groupOf[i] >= 0)
                destination[_groupOf[i]] += _sum[i];
        TensorPrimitives.Multiply(destination, _inverse, destination);
        TensorPrimitives.Multiply(destination, _inverse[group], destination);
    }
}
