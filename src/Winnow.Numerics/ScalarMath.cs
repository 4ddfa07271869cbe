namespace Winnow.Numerics;

/// <summary>Activation functions of one value, computed in double.</summary>
internal static class ScalarMath
{
    public static float GeluTanh(float x) =>
        (float)(0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))));

    public static float GeluErf(float x) => (float)(0.5 * x * Erfc(-x / Math.Sqrt(2)));

    public static float Silu(float x) => (float)(x / (1 + Math.Exp(-x)));

    /// <summary>1 - erf(x), with a small relative error at both ends.</summary>
    public static double Erfc(double x)
    {
        if (x < 2)
        {
            return x < -2 ? 2 - Erfc(-x) : 1 - Erf(x);
        }

        // Continued fraction of the upper tail, evaluated from the back.
        double fraction = 0;
        for (int i = 120; i >= 1; i--)
        {
            fraction = 0.5 * i / (x + fraction);
        }

        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * (x + fraction));
    }

    private static double Erf(double x)
    {
        double term = x;
        double sum = x;
        for (int i = 1; i < 60; i++)
        {
            term *= -x * x / i;
            sum += term / ((2 * i) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
