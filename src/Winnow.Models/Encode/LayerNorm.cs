using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>A layer norm with weight and bias over the last side.</summary>
internal sealed class LayerNorm(IWeightSource weights, string name, int width, float epsilon)
{
    private readonly float[] _weight = weights.Values($"{name}.weight", width);
    private readonly float[] _bias = weights.Values($"{name}.bias", width);

    /// <summary>Normalises <c>[rows, width]</c>; the result may be the input itself.</summary>
    public void Apply(Compute compute, ReadOnlySpan<float> x, int rows, Span<float> y) =>
        Normalization.LayerNorm(compute, x, rows, _weight.Length, _weight, _bias, epsilon, y);
}
