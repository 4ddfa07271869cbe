using Winnow.Bench.Ceiling;

namespace Winnow.Bench;

/// <summary>The machine's ceiling, as the best of several short measurements.</summary>
internal static class CeilingBench
{
    private const int Rounds = 6;
    private const double Seconds = 0.05;

    public static CeilingResult Run(MachineCeiling ceiling)
    {
        double fma = 0, integers = 0, bandwidth = 0;
        for (int round = 0; round < Rounds; round++)
        {
            fma = Math.Max(fma, ceiling.FmaRate(Seconds));
            integers = Math.Max(integers, ceiling.Int8Rate(Seconds));
            bandwidth = Math.Max(bandwidth, ceiling.Bandwidth(Seconds));
        }
        return new CeilingResult(fma / 1e9, integers / 1e9, ceiling.Int8Instruction, bandwidth / 1e9);
    }
}
