namespace Winnow.Numerics.Tests;

public class MachineCeilingTests
{
    [Fact]
    public void Ceilings_are_rates_on_every_path()
    {
        foreach (Compute compute in Paths.All)
            Assert.All(
                [MachineCeiling.MeasureFloat(compute), MachineCeiling.MeasureInt8(compute)],
                rate => Assert.True(rate > 0 && double.IsFinite(rate), $"{compute.Path}: {rate} operations per second"));
    }
}
