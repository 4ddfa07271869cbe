namespace Winnow.Numerics.Kernels;

/// <summary>The few vector operations that the elementwise kernels are written in, once for every register width.</summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : struct
{
    static abstract int Count { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* target);

    static abstract TVector Create(float value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary><c>a b + c</c>, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The smaller of a bound and a value; not-a-number in <paramref name="value"/> stays.</summary>
    static abstract TVector AtMost(TVector bound, TVector value);

    /// <summary>The larger of a bound and a value; not-a-number in <paramref name="value"/> stays.</summary>
    static abstract TVector AtLeast(TVector bound, TVector value);

    static abstract TVector Abs(TVector value);

    /// <summary>The nearest integer, ties to even, for magnitudes below 2^22.</summary>
    static abstract TVector Round(TVector value);

    /// <summary>
    /// <c>value 2^exponent</c> for an integer exponent in [-160, 160], correct where the result is subnormal or infinite.
    /// </summary>
    static abstract TVector Scale(TVector value, TVector exponent);

    /// <summary><paramref name="positive"/> where <paramref name="sign"/> is above zero, else <paramref name="otherwise"/>.</summary>
    static abstract TVector WherePositive(TVector sign, TVector positive, TVector otherwise);

    static abstract float Sum(TVector value);

    static abstract float Max(TVector value);
}
