using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Prefill;

/// <summary>A norm by the root mean square, with a weight.</summary>
internal sealed class RmsNorm(IWeightSource weights, string name, int width, float epsilon)
{
    private readonly float[] _weight = weights.Values(name, width);

    /// <summary>The weight, <c>[width]</c>.</summary>
    public ReadOnlyMemory<float> Weight => _weight;

    /// <summary>Normalises <c>[rows, width]</c>; the result may be the input itself.</summary>
    public void Apply(Compute compute, ReadOnlySpan<float> x, int rows, Span<float> y) =>
        Normalization.RmsNorm(compute, x, rows, _weight.Length, _weight, epsilon, y);
}
