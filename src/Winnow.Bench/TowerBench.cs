using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>One frame through the vision tower, with the model's weights and with f32 weights.</summary>
internal static class TowerBench
{
    private const double SecondsPerType = 16;

    public static IReadOnlyList<TowerResult> Run(BenchOptions options, Compute compute, CeilingProbe ceiling, Action<string> announce)
    {
        WeightType[] types = options.Weights == WeightType.F32 ? [WeightType.F32] : [options.Weights, WeightType.F32];
        return [.. types.Select(type => Measure(options.Configuration.Model.Vision, type, compute, ceiling, announce))];
    }

    private static TowerResult Measure(SiglipConfig config, WeightType type, Compute compute, CeilingProbe ceiling, Action<string> announce)
    {
        string name = type.ToString().ToLowerInvariant();
        announce($"vision tower, {name}");
        var tower = new SiglipEncoder(config, new RandomWeights(type, 1), compute);
        using var arena = new ActivationArena();
        var record = new TowerRecord(config);
        record.State(-1);
        float[] pixels = new float[3 * config.ImageSide * config.ImageSide];
        RandomValues.Fill(pixels, seed: 1);
        Measurement best = Measurement.Take(ceiling.FloatOperations, SecondsPerType, () => tower.Encode(pixels, record, arena))[0];
        double work = OperationCount.Frame(config);
        return new TowerResult(name, best.Seconds, work / 1e9, work / best.Seconds / 1e9, best.Share(work));
    }
}
