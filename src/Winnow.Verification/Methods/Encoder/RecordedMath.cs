using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// The parts of a transformer block written out in double precision, for recordings that hold whole blocks with their weights.
/// </summary>
internal static class RecordedMath
{
    /// <summary>Layer norm with weight and bias, biased variance.</summary>
    public static float[] LayerNorm(ReadOnlySpan<float> x, float[] weight, float[] bias, double epsilon)
    {
        int width = weight.Length;
        float[] y = new float[x.Length];
        for (int row = 0; row < x.Length; row += width)
        {
            double mean = 0, variance = 0;
            for (int i = 0; i < width; i++)
                mean += (double)x[row + i] / width;
            for (int i = 0; i < width; i++)
                variance += (x[row + i] - mean) * (x[row + i] - mean) / width;
            for (int i = 0; i < width; i++)
                y[row + i] = (float)((x[row + i] - mean) / Math.Sqrt(variance + epsilon) * weight[i] + bias[i]);
        }
        return y;
    }

    /// <summary><c>y = x W^T + b</c>.</summary>
    /// <param name="x"><c>[rows, inputs]</c>.</param>
    /// <param name="weight"><c>[outputs, inputs]</c>.</param>
    /// <param name="bias"><c>[outputs]</c>, or empty.</param>
    /// <param name="inputs">Length of a row.</param>
    public static float[] Linear(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int inputs)
    {
        int outputs = weight.Length / inputs, rows = x.Length / inputs;
        float[] y = new float[rows * outputs];
        for (int row = 0; row < rows; row++)
            for (int output = 0; output < outputs; output++)
            {
                double sum = bias.IsEmpty ? 0 : bias[output];
                for (int i = 0; i < inputs; i++)
                    sum += (double)x[row * inputs + i] * weight[output * inputs + i];
                y[row * outputs + output] = (float)sum;
            }
        return y;
    }

    /// <summary>Softmax of <c>scale q k^T + bias</c> in every head.</summary>
    /// <param name="queries"><c>[m, width]</c>.</param>
    /// <param name="keys"><c>[n, width]</c>.</param>
    /// <param name="width">Length of a row.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="keyBias"><c>[n]</c>, or empty.</param>
    /// <param name="scale">Factor on the products; null for the usual one.</param>
    /// <returns><c>[heads, m, n]</c>.</returns>
    public static float[] Attention(ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, int width, int heads,
        ReadOnlySpan<double> keyBias = default, double? scale = null)
    {
        int m = queries.Length / width, n = keys.Length / width, headWidth = width / heads;
        double factor = scale ?? 1 / Math.Sqrt(headWidth);
        float[] probabilities = new float[heads * m * n];
        double[] logits = new double[n];
        for (int row = 0; row < heads * m; row++)
        {
            (int head, int query) = (row / m, row % m);
            double largest = double.NegativeInfinity, sum = 0;
            for (int key = 0; key < n; key++)
            {
                double dot = 0;
                for (int i = head * headWidth; i < (head + 1) * headWidth; i++)
                    dot += (double)queries[query * width + i] * keys[key * width + i];
                logits[key] = dot * factor + (keyBias.IsEmpty ? 0 : keyBias[key]);
                largest = Math.Max(largest, logits[key]);
            }
            for (int key = 0; key < n; key++)
                sum += logits[key] = Math.Exp(logits[key] - largest);
            for (int key = 0; key < n; key++)
                probabilities[row * n + key] = (float)(logits[key] / sum);
        }
        return probabilities;
    }

    /// <summary>What attention gathers: probabilities times values, heads side by side, <c>[m, width]</c>.</summary>
    public static float[] Gather(ReadOnlySpan<float> probabilities, ReadOnlySpan<float> values, int width, int heads)
    {
        int n = values.Length / width, m = probabilities.Length / heads / n, headWidth = width / heads;
        float[] gathered = new float[m * width];
        for (int row = 0; row < heads * m; row++)
            for (int i = row / m * headWidth; i < (row / m + 1) * headWidth; i++)
            {
                double sum = 0;
                for (int key = 0; key < n; key++)
                    sum += (double)probabilities[row * n + key] * values[key * width + i];
                gathered[row % m * width + i] = (float)sum;
            }
        return gathered;
    }

    /// <summary>GELU by the error function.</summary>
    public static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>GELU by the hyperbolic tangent.</summary>
    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    /// <summary>CLIP's stand-in for GELU.</summary>
    public static double QuickGelu(double x) => x / (1 + Math.Exp(-1.702 * x));

    /// <summary>Applies a function to every value.</summary>
    public static float[] Map(float[] x, Func<double, double> function) => Array.ConvertAll(x, value => (float)function(value));

    /// <summary>The sum of two arrays.</summary>
    public static float[] Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float[] sum = a.ToArray();
        for (int i = 0; i < sum.Length; i++)
            sum[i] += b[i];
        return sum;
    }

    /// <summary>Values of some columns of every row.</summary>
    public static float[] Columns(float[] x, int width, int first, int count) =>
        [.. Enumerable.Range(0, x.Length / width).SelectMany(row => x.AsSpan(row * width + first, count).ToArray())];

    /// <summary>The rows of a matrix as an array.</summary>
    public static float[] Applied(ReductionPlan plan, float[] x, int width) => plan.Apply(new TokenMatrix(x, width));

    // Series for small arguments, continued fraction for large ones; both to double precision.
    private static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a < 2.5)
        {
            double term = a, sum = a;
            for (int n = 1; n < 100; n++)
            {
                term *= -a * a / n;
                sum += term / (2 * n + 1);
            }
            return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * sum;
        }
        double fraction = 0;
        for (int n = 60; n > 0; n--)
            fraction = n / 2.0 / (a + fraction);
        return Math.Sign(x) * (1 - Math.Exp(-a * a) / (Math.Sqrt(Math.PI) * (a + fraction)));
    }
}
