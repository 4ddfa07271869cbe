namespace Winnow.Numerics.Tests;

/// <summary>Attention in double precision, every probability kept.</summary>
internal sealed record AttentionOracle(double[] Output, double[] Probabilities)
{
    public static AttentionOracle Run(AttentionCase c)
    {
        double[] output = new double[c.M * c.Heads * c.HeadSize];
        double[] probabilities = new double[c.Heads * c.M * c.N];
        for (int h = 0; h < c.Heads; h++)
        {
            int kv = h / (c.Heads / c.KvHeads);
            for (int i = 0; i < c.M; i++)
            {
                int visible = c.Causal ? c.N - c.M + i + 1 : c.N;
                Span<double> p = probabilities.AsSpan(((h * c.M) + i) * c.N, c.N);
                double max = double.NegativeInfinity;
                for (int j = 0; j < visible; j++)
                {
                    double dot = 0;
                    for (int e = 0; e < c.HeadSize; e++)
                    {
                        dot += (double)c.Q[(((i * c.Heads) + h) * c.HeadSize) + e] * c.K[(((kv * c.N) + j) * c.HeadSize) + e];
                    }

                    p[j] = (dot * c.Scale) + (c.Bias.Length == 0 ? 0 : c.Bias[j]);
                    max = Math.Max(max, p[j]);
                }

                double sum = 0;
                for (int j = 0; j < visible; j++)
                {
                    p[j] = Math.Exp(p[j] - max);
                    sum += p[j];
                }

                for (int j = 0; j < visible; j++)
                {
                    p[j] /= sum;
                    for (int e = 0; e < c.HeadSize; e++)
                    {
                        output[(((i * c.Heads) + h) * c.HeadSize) + e] += p[j] * c.V[(((kv * c.N) + j) * c.HeadSize) + e];
                    }
                }
            }
        }

        return new AttentionOracle(output, probabilities);
    }
}
