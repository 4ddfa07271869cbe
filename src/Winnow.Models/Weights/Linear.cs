using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>A linear layer: <c>y = x W^T + b</c>.</summary>
internal sealed class Linear
{
    private readonly WeightMatrix _weight;
    private readonly float[]? _bias;

    private Linear(WeightMatrix weight, float[]? bias) => (_weight, _bias) = (weight, bias);

    /// <summary>Takes <c>name.weight</c> and, where wanted, <c>name.bias</c>.</summary>
    public static Linear Load(IWeightSource weights, string name, int outputs, int inputs, bool bias) =>
        new(weights.Matrix($"{name}.weight", outputs, inputs), bias ? weights.Values($"{name}.bias", outputs) : null);

    /// <summary>Applies the layer to <c>[rows, inputs]</c>; the result must not overlap the input.</summary>
    public void Apply(Compute compute, ReadOnlySpan<float> x, int rows, Span<float> y, Epilogue epilogue = Epilogue.None) =>
        MatMul.Multiply(compute, x, rows, _weight, _bias, y, epilogue);
}
