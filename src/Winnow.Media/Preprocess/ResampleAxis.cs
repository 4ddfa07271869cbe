namespace Winnow.Media;

/// <summary>The weights of one direction of a bicubic resize: for each output, the inputs it is made of.</summary>
/// <remarks>
/// Pillow's scheme for 8-bit pictures: Keys' cubic with a = -0.5, widened by the scale when shrinking (antialias), weights normalised in
/// double, then rounded half away from zero to fixed point. Checked against the vectors of specs/models/llava-onevision.md, section 5.1.
/// </remarks>
internal sealed class ResampleAxis
{
    /// <summary>Bits behind the point of a weight.</summary>
    public const int Precision = 22;

    /// <summary>Half of one in fixed point, added before shifting.</summary>
    public const int Half = 1 << (Precision - 1);

    /// <summary>The number of taps is a multiple of this, for the vector code; the weights behind an output's own are 0.</summary>
    public const int TapGroup = 4;

    private const double CubicA = -0.5;
    private const double CubicSupport = 2;

    /// <summary>Computes the weights.</summary>
    /// <param name="input">Pixels of the input side, at least 1.</param>
    /// <param name="output">Pixels of the output side, at least 1.</param>
    public ResampleAxis(int input, int output)
    {
        (Input, Output) = (input, output);
        double scale = input / (double)output;
        double filterScale = Math.Max(scale, 1);
        double support = CubicSupport * filterScale;
        Starts = new int[output];
        Counts = new int[output];
        Taps = ((int)Math.Ceiling((2 * support) + 1) + TapGroup - 1) / TapGroup * TapGroup;
        Weights = new int[output * Taps];
        Span<double> weights = new double[Taps];
        for (int j = 0; j < output; j++)
        {
            double center = (j + 0.5) * scale;
            int low = Math.Max(0, (int)(center - support + 0.5));
            int high = Math.Min(input, (int)(center + support + 0.5));
            (Starts[j], Counts[j]) = (low, high - low);
            double sum = 0;
            for (int k = low; k < high; k++)
                sum += weights[k - low] = Cubic((k - center + 0.5) / filterScale);
            for (int k = 0; k < high - low; k++)
                Weights[(j * Taps) + k] = ToFixed(weights[k] / sum);
        }
    }

    /// <summary>Pixels of the input side.</summary>
    public int Input { get; }

    /// <summary>Pixels of the output side.</summary>
    public int Output { get; }

    /// <summary>Whether nothing is to be done.</summary>
    public bool IsIdentity => Input == Output;

    /// <summary>Weights of an output, padding included.</summary>
    public int Taps { get; }

    /// <summary>First input of each output.</summary>
    public int[] Starts { get; }

    /// <summary>Number of inputs of each output, at most <see cref="Taps"/>.</summary>
    public int[] Counts { get; }

    /// <summary><c>[Output, Taps]</c>, fixed point.</summary>
    public int[] Weights { get; }

    private static double Cubic(double x)
    {
        double t = Math.Abs(x);
        if (t < 1)
            return (((((CubicA + 2) * t) - (CubicA + 3)) * t) * t) + 1;
        return t < 2 ? ((((((t - 5) * t) + 8) * t) - 4) * CubicA) : 0;
    }

    private static int ToFixed(double weight) => (int)((weight * (1 << Precision)) + (weight < 0 ? -0.5 : 0.5));
}
