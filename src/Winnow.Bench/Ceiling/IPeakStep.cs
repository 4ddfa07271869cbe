namespace Winnow.Bench.Ceiling;

/// <summary>The one instruction (or pair of them) whose rate is a ceiling, on registers of one kind.</summary>
/// <typeparam name="TVector">A vector register.</typeparam>
internal interface IPeakStep<TVector> where TVector : struct
{
    /// <summary>Operations of one step: two for each multiply-add of the register.</summary>
    static abstract int Operations { get; }

    /// <summary>A register to start from.</summary>
    static abstract TVector Start(int value);

    /// <summary>One step. It depends on <paramref name="sum"/>, so that no step can be left out.</summary>
    static abstract TVector Step(TVector sum, TVector a, TVector b);

    /// <summary>Something that depends on every lane.</summary>
    static abstract double Fold(TVector sum);
}
