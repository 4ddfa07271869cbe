using System.Diagnostics;
using System.Globalization;

namespace Winnow.Numerics.Benchmarks;

/// <summary>
/// Every kernel's rate as a share of a ceiling measured in the same breath: ratios that hold on a machine with other load.
/// </summary>
/// <remarks>
/// Rounds interleave all measurements and keep each one's best. With one thread the clock is this process's processor time, which
/// leaves out what others take; with more, wall time, because waiting threads burn processor time too.
/// </remarks>
internal static class Shares
{
    private const int Rounds = 10;

    public static void Print(int threads)
    {
        using Compute compute = new(threads);
        Console.WriteLine($"{compute.Path}, {compute.Threads} thread(s), best of {Rounds} rounds");
        PrintProducts(compute);
        PrintWhole(compute);
        PrintDecode(compute);
    }

    private static void PrintProducts(Compute compute)
    {
        Console.WriteLine($"{"rows x outputs x inputs",-28}{"f32/peak",10}{"f16/peak",10}{"int8/f32",10}");
        foreach ((int m, int n, int k) in new[]
        {
            (1024, 896, 896), (1024, 128, 896), (1024, 4864, 896), (1024, 896, 4864), (512, 4864, 896), (512, 896, 4864),
            (729, 1152, 1152), (729, 4304, 1152), (729, 1152, 4304),
        })
        {
            float[] values = RandomValues.Create(1, (long)n * k);
            float[] x = RandomValues.Create(2, (long)m * k);
            float[] y = new float[m * n];
            WeightMatrix f32 = WeightMatrix.FromValues(values, n, k);
            WeightMatrix[] weights = [f32, WeightMatrix.FromValues(values, n, k, WeightType.F16), f32.Quantize(compute)];
            (double peak, double[] seconds) = Measure(
                compute, [.. weights.Select(w => (Action)(() => MatMul.Multiply(compute, x, m, w, default, y)))]);
            double operations = 2.0 * m * n * k;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{$"{m} x {n} x {k}",-28}{operations / seconds[0] / peak,10:f3}{operations / seconds[1] / peak,10:f3}"
                + $"{seconds[0] / seconds[2],10:f3}"));
        }
    }

    private static void PrintWhole(Compute compute)
    {
        Layers decoder = Layers.Decoder(compute, 1024);
        Layers tower = Layers.Tower(compute);
        AttentionOperands causal = new(1024, 14, 2, 64, causal: true);
        AttentionOperands full = new(729, 16, 16, 72, causal: false);
        (double peak, double[] seconds) = Measure(
            compute,
            [() => decoder.Run(compute), () => tower.Run(compute), () => causal.Apply(compute), () => full.Apply(compute)]);
        string[] names =
        [
            "decoder layer, int8, 1024 tokens (linear FLOPs only)", "SigLIP layer, int8, 729 tokens",
            "attention, causal, 1024 tokens, 14 heads of 64", "attention, full, 729 tokens, 16 heads of 72",
        ];
        double[] operations = [decoder.Operations, tower.Operations, causal.Operations, full.Operations];
        for (int i = 0; i < names.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{names[i],-56}{operations[i] / seconds[i] / peak,8:f3} of the f32 peak"));
        }
    }

    private static void PrintDecode(Compute compute)
    {
        // 136 MB: more than any cache holds.
        WeightMatrix head = RandomValues.Weights(1, 151936, 896).Quantize(compute);
        float[] x = RandomValues.Create(2, 896);
        float[] y = new float[head.Rows];
        using AlignedBuffer memory = new(256L << 20);
        memory.Clear();
        (_, double[] seconds) = Measure(
            compute, [() => MatMul.Multiply(compute, x, 1, head, default, y), () => MachineCeiling.MeasureRead(compute, memory)]);
        double read = memory.Bytes / seconds[1];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{"decode, int8 output head, bytes per second",-56}{head.Bytes / seconds[0] / read,8:f3} of {read / 1e9:f1} GB/s read"));
    }

    private static (double Peak, double[] Seconds) Measure(Compute compute, Action[] work)
    {
        double[] best = [.. Enumerable.Repeat(double.PositiveInfinity, work.Length)];
        double peak = 0;
        for (int round = 0; round < Rounds; round++)
        {
            peak = Math.Max(peak, MachineCeiling.MeasureFloat(compute));
            for (int i = 0; i < work.Length; i++)
            {
                double before = Now(compute);
                work[i]();
                best[i] = Math.Min(best[i], Now(compute) - before);
            }
        }

        return (peak, best);
    }

    private static double Now(Compute compute) =>
        compute.Threads == 1 ? Environment.CpuUsage.TotalTime.TotalSeconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
}
