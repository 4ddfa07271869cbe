namespace Winnow.Numerics.Tests;

public class WeightMatrixTests
{
    [Fact]
    public void Rows_come_back_in_their_stored_precision()
    {
        float[] values = Oracle.Random(1, 5 * 37, 3);
        values[0] = 6e-8f; // Subnormal in f16.
        (WeightType, double)[] halfSteps = [(WeightType.F32, 0), (WeightType.F16, 1 / 2048.0), (WeightType.BF16, 1 / 256.0)];
        foreach ((WeightType type, double relative) in halfSteps)
        {
            float[] read = Oracle.Read(WeightMatrix.FromValues(values, 5, 37, type));
            for (int i = 0; i < values.Length; i++)
            {
                Oracle.Close(values[i], read[i], (relative * Math.Abs(values[i])) + (relative == 0 ? 0 : 3e-8), $"{type} at {i}");
            }
        }
    }

    [Fact]
    public void Half_rows_convert_exactly_for_every_bit_pattern()
    {
        Half[] all = [.. Enumerable.Range(0, 65536).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits))];
        unsafe
        {
            fixed (Half* data = all)
            {
                WeightMatrix matrix = WeightMatrix.FromMemory(WeightType.F16, 1, all.Length, data, null);
                float[] read = Oracle.Read(matrix);
                for (int i = 0; i < all.Length; i++)
                {
                    Assert.True(((float)all[i]).Equals(read[i]), $"bits {i:x4}: {(float)all[i]} became {read[i]}");
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 1, 16)]
    [InlineData(33, 130, 64)]
    [InlineData(70, 300, 128)]
    public void Quantised_weight_is_within_half_a_step(int rows, int columns, int groupSize)
    {
        float[] values = Oracle.Random(2, rows * columns);
        float[] read = Oracle.Read(WeightMatrix.FromValues(values, rows, columns).Quantize(Paths.All[0], groupSize));
        for (int row = 0; row < rows; row++)
        {
            for (int start = 0; start < columns; start += groupSize)
            {
                ReadOnlySpan<float> group = values.AsSpan((row * columns) + start, Math.Min(groupSize, columns - start));
                float largest = 0;
                foreach (float value in group)
                {
                    largest = Math.Max(largest, Math.Abs(value));
                }

                for (int i = 0; i < group.Length; i++)
                {
                    Oracle.Close(group[i], read[(row * columns) + start + i], largest / 127 * 0.5001, $"row {row} input {start + i}");
                }
            }
        }
    }

    [Fact]
    public void Zero_group_stays_zero()
    {
        float[] read = Oracle.Read(WeightMatrix.FromValues(new float[64], 2, 32).Quantize(Paths.All[0], 16));
        Assert.All(read, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(18)]
    [InlineData(2048)]
    public void Impossible_group_size_is_refused(int groupSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightMatrix.FromValues([1], 1, 1).Quantize(Paths.All[0], groupSize));
}
