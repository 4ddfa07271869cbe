namespace Winnow.Numerics.Benchmarks;

/// <summary>Seeded operands in [-0.5, 0.5).</summary>
internal static class RandomValues
{
    public static float[] Create(int seed, long count)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return values;
    }

    public static WeightMatrix Weights(int seed, int outputs, int inputs) =>
        WeightMatrix.FromValues(Create(seed, (long)outputs * inputs), outputs, inputs);
}
