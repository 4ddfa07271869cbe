using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>The matrix products of one decoder layer at the lengths of a prompt, f32 and int8 in turn.</summary>
internal static class GemmBench
{
    private const double SecondsPerShape = 1.5;

    public static IReadOnlyList<GemmResult> Run(Qwen2Config config, Compute compute, CeilingProbe ceiling, Action<string> announce)
    {
        int queries = config.Heads * config.HeadWidth, keys = config.KeyValueHeads * config.HeadWidth;
        (string Name, int Inputs, int Outputs, int PerLayer)[] products =
        [
            ("query", config.Width, queries, 1),
            ("key, value", config.Width, keys, 2),
            ("output", queries, config.Width, 1),
            ("gate, up", config.Width, config.MlpWidth, 2),
            ("down", config.MlpWidth, config.Width, 1),
        ];
        var results = new List<GemmResult>();
        var floats = new RandomWeights(WeightType.F32, 1);
        var bytes = new RandomWeights(WeightType.Int8, 1);
        using var arena = new ActivationArena();
        foreach ((string name, int inputs, int outputs, int perLayer) in products)
        {
            WeightMatrix f32 = floats.Matrix(name, outputs, inputs), int8 = bytes.Matrix(name, outputs, inputs);
            foreach (int rows in new[] { 512, 1024 })
            {
                announce($"product {rows} x {inputs} x {outputs} ({name})");
                Measurement[] best = Measure(compute, ceiling, arena, rows, f32, int8);
                double work = 2.0 * rows * inputs * outputs;
                results.Add(new GemmResult(
                    name,
                    rows,
                    inputs,
                    outputs,
                    perLayer,
                    work / best[0].Seconds / 1e9,
                    best[0].Share(work),
                    work / best[1].Seconds / 1e9,
                    best[0].Seconds / best[1].Seconds));
            }
        }
        return results;
    }

    private static unsafe Measurement[] Measure(
        Compute compute, CeilingProbe ceiling, ActivationArena arena, int rows, WeightMatrix f32, WeightMatrix int8)
    {
        // As in the model, activations begin at cache lines; arrays do not.
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> activations = arena.Rent(rows * f32.Columns), results = arena.Rent(rows * f32.Rows);
        RandomValues.Fill(activations, seed: rows);
        fixed (float* x = activations, y = results)
        {
            (nint source, nint target) = ((nint)x, (nint)y);
            return Measurement.Take(ceiling.FloatOperations, SecondsPerShape, () => Multiply(f32), () => Multiply(int8));

            void Multiply(WeightMatrix weights) => MatMul.Multiply(
                compute,
                new ReadOnlySpan<float>((void*)source, rows * weights.Columns),
                rows,
                weights,
                default,
                new Span<float>((void*)target, rows * weights.Rows));
        }
    }
}
