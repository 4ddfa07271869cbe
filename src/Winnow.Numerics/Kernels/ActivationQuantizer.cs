using System.Numerics;

namespace Winnow.Numerics.Kernels;

/// <summary>Rounds activations to int8 steps: per row and group, <c>scale = max |x| / 127</c> and <c>step = round(x / scale)</c>.</summary>
internal static unsafe class ActivationQuantizer
{
    /// <summary>Rounds one group.</summary>
    /// <param name="x">Input values.</param>
    /// <param name="count">How many.</param>
    /// <param name="steps">Receives the steps as 32-bit integers.</param>
    /// <returns>The scale; 0 when all values are 0.</returns>
    public static float Run(float* x, int count, int* steps)
    {
        float largest = LargestMagnitude(x, count);
        float scale = largest / Int8Layout.MaxStep;
        float inverse = largest > 0 ? Int8Layout.MaxStep / largest : 0;
        int i = 0;

        // Adding 1.5 x 2^23 leaves the value, rounded to nearest even, in the low bits of the sum.
        const float Magic = 12582912f;
        Vector<float> factor = new(inverse);
        Vector<float> magic = new(Magic);
        Vector<int> bias = magic.As<float, int>();
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> shifted = (Vector.Load(x + i) * factor) + magic;
            Vector.Store(shifted.As<float, int>() - bias, steps + i);
        }

        for (; i < count; i++)
        {
            steps[i] = BitConverter.SingleToInt32Bits((x[i] * inverse) + Magic) - BitConverter.SingleToInt32Bits(Magic);
        }

        return scale;
    }

    private static float LargestMagnitude(float* x, int count)
    {
        int i = 0;
        float largest = 0;
        Vector<float> running = Vector<float>.Zero;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            running = Vector.Max(running, Vector.Abs(Vector.Load(x + i)));
        }

        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            largest = Math.Max(largest, running[lane]);
        }

        for (; i < count; i++)
        {
            largest = Math.Max(largest, Math.Abs(x[i]));
        }

        return largest;
    }
}
