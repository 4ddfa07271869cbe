using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>Linear layers with biases that take the same input: <c>y = x W^T + b</c> for each.</summary>
internal sealed class JoinedLinear
{
    private readonly WeightMatrix[] _weights;
    private readonly float[] _biases;

    private JoinedLinear(WeightMatrix[] weights, float[] biases) => (_weights, _biases) = (weights, biases);

    /// <summary>Takes <c>name.weight</c> and <c>name.bias</c> of each layer.</summary>
    public static JoinedLinear Load(IWeightSource weights, int inputs, params ReadOnlySpan<(string Name, int Outputs)> layers)
    {
        var matrices = new WeightMatrix[layers.Length];
        var biases = new List<float>();
        for (int i = 0; i < layers.Length; i++)
        {
            (string name, int outputs) = layers[i];
            matrices[i] = weights.Matrix($"{name}.weight", outputs, inputs);
            biases.AddRange(weights.Values($"{name}.bias", outputs));
        }
        return new JoinedLinear(matrices, [.. biases]);
    }

    /// <summary>Applies some of the layers to <c>[rows, inputs]</c>.</summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">The input.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="y">Their results <c>[rows, outputs]</c>, one after another.</param>
    /// <param name="layers">Which layers.</param>
    public void Apply(Compute compute, ReadOnlySpan<float> x, int rows, Span<float> y, Range layers)
    {
        int first = layers.Start.GetOffset(_weights.Length), skipped = 0, taken = 0;
        for (int i = 0; i < first; i++)
            skipped += _weights[i].Rows;
        ReadOnlySpan<WeightMatrix> chosen = _weights.AsSpan(layers);
        foreach (WeightMatrix weight in chosen)
            taken += weight.Rows;
        MatMul.MultiplyEach(compute, x, rows, chosen, _biases.AsSpan(skipped, taken), y);
    }
}
