using System.Runtime.CompilerServices;

namespace Winnow.Numerics.Kernels;

/// <summary>Transcendental functions of a vector, to about one unit in the last place.</summary>
/// <remarks>The polynomials were fitted for Winnow (Chebyshev interpolation in 40 digits); the bounds given are theirs, before f32
/// rounding.</remarks>
internal static class VectorMath<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>
    /// exp(x): 0 for negative infinity, infinity above 88.7. With n = round(x / ln 2) and |r| = |x - n ln 2| &lt;= 0.347,
    /// <c>exp(x) = 2^n (1 + r + r^2 p(r))</c>, p of degree 4, relative error 8e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        x = TLanes.AtMost(TLanes.Create(89), TLanes.AtLeast(TLanes.Create(-104), x));
        TVector n = TLanes.Round(TLanes.Multiply(x, TLanes.Create(1.44269504f)));

        // ln 2 in two parts: the first has so few bits that n times it is exact.
        TVector r = TLanes.MultiplyAdd(n, TLanes.Create(-0.693359375f), x);
        r = TLanes.MultiplyAdd(n, TLanes.Create(2.12194440e-4f), r);
        TVector p = TLanes.Create(0.00139262839299f);
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(0.00836325938012f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(0.0416665540138f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(0.166665765066f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(0.5f));
        TVector one = TLanes.Create(1);
        p = TLanes.MultiplyAdd(p, r, one);
        return TLanes.Scale(TLanes.MultiplyAdd(p, r, one), n);
    }

    /// <summary>silu, <c>x / (1 + exp(-x))</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector SiluOf(TVector x) =>
        TLanes.Divide(x, TLanes.Add(TLanes.Create(1), Exp(TLanes.Subtract(TLanes.Create(0), x))));

    /// <summary>
    /// gelu in its tanh form, as <c>x / (1 + exp(-2 u))</c> with <c>u = sqrt(2/pi) (x + 0.044715 x^3)</c>: no cancellation.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluTanhOf(TVector x)
    {
        TVector square = TLanes.Multiply(x, x);
        TVector factor = TLanes.MultiplyAdd(square, TLanes.Create(-2 * 0.044715f * 0.797884561f), TLanes.Create(-2 * 0.797884561f));
        return TLanes.Divide(x, TLanes.Add(TLanes.Create(1), Exp(TLanes.Multiply(factor, x))));
    }

    /// <summary>
    /// gelu in its erf form, <c>x Phi(x)</c>. The tail of the normal distribution is <c>exp(-z^2) t q(t) / 2</c> with
    /// <c>z = |x| / sqrt 2</c>, <c>t = 1 / (1 + 0.4 z)</c> and q of degree 10, relative error 5e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluErfOf(TVector x)
    {
        TVector one = TLanes.Create(1);
        TVector z = TLanes.Multiply(TLanes.Abs(x), TLanes.Create(0.707106781f));
        TVector t = TLanes.Divide(one, TLanes.MultiplyAdd(z, TLanes.Create(0.4f), one));
        TVector q = TLanes.Create(-0.0287366824475f);
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.138048229734f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(-0.230372082565f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.131340018854f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(-0.0422533215396f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.0816913516432f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.119699063855f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.17160260062f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.207630168444f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.225674785775f));
        q = TLanes.MultiplyAdd(q, t, TLanes.Create(0.225675862943f));
        TVector density = Exp(TLanes.Multiply(TLanes.Subtract(TLanes.Create(0), z), z));
        TVector tail = TLanes.Multiply(TLanes.Multiply(TLanes.Multiply(q, t), TLanes.Create(0.5f)), density);
        return TLanes.Multiply(x, TLanes.WherePositive(x, TLanes.Subtract(one, tail), tail));
    }
}
