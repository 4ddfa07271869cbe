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
        foreach ((string name, int inputs, int outputs, int perLayer) in products)
        {
            WeightMatrix f32 = floats.Matrix(name, outputs, inputs), int8 = bytes.Matrix(name, outputs, inputs);
            foreach (int rows in new[] { 512, 1024 })
            {
                announce($"product {rows} x {inputs} x {outputs} ({name})");
                float[] x = new float[rows * inputs], y = new float[rows * outputs];
                RandomValues.Fill(x, seed: rows);
                Measurement[] best = Measurement.Take(
                    ceiling.FloatOperations,
                    SecondsPerShape,
                    () => MatMul.Multiply(compute, x, rows, f32, default, y),
                    () => MatMul.Multiply(compute, x, rows, int8, default, y));
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
}
