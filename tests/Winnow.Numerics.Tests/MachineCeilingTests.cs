namespace Winnow.Numerics.Tests;

public class MachineCeilingTests
{
    [Fact]
    public void Ceiling_is_above_what_a_product_reaches()
    {
        // A product does the ceiling's instructions and more. Other load can halve either measurement, hence the wide margin.
        const int M = 240, N = 256, K = 512;
        float[] x = new float[M * K];
        float[] y = new float[M * N];
        WeightMatrix w = WeightMatrix.FromValues(new float[N * K], N, K);
        foreach (Compute compute in Paths.All)
        {
            double best = 0;
            double ceiling = 0;
            for (int round = 0; round < 3; round++)
            {
                ceiling = Math.Max(ceiling, MachineCeiling.MeasureFloat(compute));
                long before = System.Diagnostics.Stopwatch.GetTimestamp();
                MatMul.Multiply(compute, x, M, w, default, y);
                best = Math.Max(best, 2.0 * M * N * K / System.Diagnostics.Stopwatch.GetElapsedTime(before).TotalSeconds);
            }

            Assert.True(best < 2 * ceiling, $"{compute.Path}: product {best:g3}, ceiling {ceiling:g3} operations per second");
            Assert.True(MachineCeiling.MeasureInt8(compute) > 0);
        }
    }
}
