using System.Runtime.CompilerServices;

namespace Winnow.Bench.Ceiling;

/// <summary>
/// Nothing but one instruction on registers: twelve independent chains, more than latency times throughput of any current processor, and
/// few enough for sixteen registers.
/// </summary>
internal static class PeakLoop
{
    private const int Chains = 12;
    private const int StepsPerCall = 20_000;

    /// <summary>Operations of one <see cref="Run{TStep, TVector}"/>.</summary>
    public static double Operations<TStep, TVector>() where TStep : struct, IPeakStep<TVector> where TVector : struct =>
        (double)StepsPerCall * Chains * TStep.Operations;

    /// <summary>Runs the chains; the result is of no use but to keep them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static double Run<TStep, TVector>() where TStep : struct, IPeakStep<TVector> where TVector : struct
    {
        TVector a = TStep.Start(3), b = TStep.Start(5);
        TVector s0 = TStep.Start(1), s1 = TStep.Start(2), s2 = TStep.Start(3), s3 = TStep.Start(4), s4 = TStep.Start(5), s5 = TStep.Start(6);
        TVector s6 = TStep.Start(7), s7 = TStep.Start(8), s8 = TStep.Start(9), s9 = TStep.Start(10), s10 = TStep.Start(11), s11 = TStep.Start(12);
        for (int i = 0; i < StepsPerCall; i++)
        {
            s0 = TStep.Step(s0, a, b);
            s1 = TStep.Step(s1, a, b);
            s2 = TStep.Step(s2, a, b);
            s3 = TStep.Step(s3, a, b);
            s4 = TStep.Step(s4, a, b);
            s5 = TStep.Step(s5, a, b);
            s6 = TStep.Step(s6, a, b);
            s7 = TStep.Step(s7, a, b);
            s8 = TStep.Step(s8, a, b);
            s9 = TStep.Step(s9, a, b);
            s10 = TStep.Step(s10, a, b);
            s11 = TStep.Step(s11, a, b);
        }
        return TStep.Fold(s0) + TStep.Fold(s1) + TStep.Fold(s2) + TStep.Fold(s3) + TStep.Fold(s4) + TStep.Fold(s5)
            + TStep.Fold(s6) + TStep.Fold(s7) + TStep.Fold(s8) + TStep.Fold(s9) + TStep.Fold(s10) + TStep.Fold(s11);
    }
}
