namespace Winnow.Models.Tests;

/// <summary>Formulas written out in double precision, to check the fast ones against.</summary>
internal static class Plain
{
    public static double[] LayerNorm(ReadOnlySpan<float> x, int width, float[] weight, float[] bias, double epsilon)
    {
        double[] y = new double[x.Length];
        for (int row = 0; row < x.Length; row += width)
        {
            double mean = 0, variance = 0;
            for (int i = 0; i < width; i++)
                mean += x[row + i] / (double)width;
            for (int i = 0; i < width; i++)
                variance += (x[row + i] - mean) * (x[row + i] - mean) / width;
            for (int i = 0; i < width; i++)
                y[row + i] = (x[row + i] - mean) / Math.Sqrt(variance + epsilon) * weight[i] + bias[i];
        }
        return y;
    }

    public static double[] Linear(double[] x, float[] weight, float[] bias, int inputs)
    {
        int rows = x.Length / inputs, outputs = bias.Length;
        double[] y = new double[rows * outputs];
        for (int row = 0; row < rows; row++)
            for (int output = 0; output < outputs; output++)
            {
                double sum = bias[output];
                for (int i = 0; i < inputs; i++)
                    sum += x[row * inputs + i] * weight[output * inputs + i];
                y[row * outputs + output] = sum;
            }
        return y;
    }

    /// <summary>Softmax attention of every token to every token; what each receives, mean over heads and queries.</summary>
    public static double[] MeanReceivedAttention(double[] q, double[] k, int tokens, int heads)
    {
        int width = q.Length / tokens, headWidth = width / heads;
        double[] received = new double[tokens], row = new double[tokens];
        for (int head = 0; head < heads; head++)
            for (int query = 0; query < tokens; query++)
            {
                double sum = 0;
                for (int key = 0; key < tokens; key++)
                {
                    double dot = 0;
                    for (int i = 0; i < headWidth; i++)
                        dot += q[query * width + head * headWidth + i] * k[key * width + head * headWidth + i];
                    sum += row[key] = Math.Exp(dot / Math.Sqrt(headWidth));
                }
                for (int key = 0; key < tokens; key++)
                    received[key] += row[key] / sum / (heads * tokens);
            }
        return received;
    }
}
