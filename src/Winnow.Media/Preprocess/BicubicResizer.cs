using System.Buffers;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Media;

/// <summary>Resizes 8-bit RGB pictures from one size to another, to the bit as Pillow's BICUBIC with antialias does.</summary>
/// <remarks>
/// First along the rows, the result rounded to 8 bits, then along the columns; a side that keeps its size is not touched. All sums are
/// whole numbers, so the vector code and a plain loop agree exactly. The weights are computed once, in the constructor. Immutable: may be
/// shared between threads.
/// </remarks>
public sealed class BicubicResizer
{
    private const int Channels = 3;
    private const int Lanes = 4;

    // A vector load of the horizontal pass takes 16 bytes for 4 pixels of 3; weights are padded to groups of 4 pixels.
    private const int LoadPadding = (ResampleAxis.TapGroup * Channels) + 16;

    private readonly ResampleAxis _columns;
    private readonly ResampleAxis _rows;

    // [TargetWidth, Taps, Lanes]: the weights of the horizontal pass, each repeated for the lanes of its pixel.
    private readonly int[] _laneWeights;

    /// <summary>Prepares a resize. All sides in pixels, at least 1.</summary>
    public BicubicResizer(int sourceWidth, int sourceHeight, int targetWidth, int targetHeight)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sourceWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sourceHeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(targetWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(targetHeight);
        _columns = new ResampleAxis(sourceWidth, targetWidth);
        _rows = new ResampleAxis(sourceHeight, targetHeight);
        _laneWeights = [.. _columns.Weights.SelectMany(weight => Enumerable.Repeat(weight, Lanes))];
    }

    /// <summary>Width of the pictures taken.</summary>
    public int SourceWidth => _columns.Input;

    /// <summary>Height of the pictures taken.</summary>
    public int SourceHeight => _rows.Input;

    /// <summary>Width of the pictures made.</summary>
    public int TargetWidth => _columns.Output;

    /// <summary>Height of the pictures made.</summary>
    public int TargetHeight => _rows.Output;

    /// <summary>Resizes one picture.</summary>
    /// <param name="source"><c>[SourceHeight, SourceWidth, 3]</c>.</param>
    /// <param name="target"><c>[TargetHeight, TargetWidth, 3]</c>; must not overlap the source.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Resize(ReadOnlySpan<byte> source, Span<byte> target)
    {
        CheckLength(source.Length, SourceWidth, SourceHeight, nameof(source));
        CheckLength(target.Length, TargetWidth, TargetHeight, nameof(target));
        if (_columns.IsIdentity && _rows.IsIdentity)
        {
            source.CopyTo(target);
            return;
        }
        if (_columns.IsIdentity)
        {
            ResizeColumns(source, target);
            return;
        }
        // One byte more: a pixel is stored as 4 bytes, the last one overwritten by the next pixel.
        int middleLength = SourceHeight * TargetWidth * Channels;
        byte[] middle = ArrayPool<byte>.Shared.Rent(middleLength + 1);
        ResizeRows(source, middle);
        if (_rows.IsIdentity)
            middle.AsSpan(0, middleLength).CopyTo(target);
        else
            ResizeColumns(middle.AsSpan(0, middleLength), target);
        ArrayPool<byte>.Shared.Return(middle);
    }

    private static void CheckLength(int length, int width, int height, string name)
    {
        if (length != (long)width * height * Channels)
            throw new ArgumentException(
                $"An RGB picture of {width}x{height} needs {(long)width * height * Channels} bytes, not {length}.", name);
    }

    // [rows, SourceWidth, 3] -> [rows, TargetWidth, 3]
    private void ResizeRows(ReadOnlySpan<byte> source, Span<byte> middle)
    {
        int stride = SourceWidth * Channels;
        byte[] padded = ArrayPool<byte>.Shared.Rent(stride + LoadPadding);
        for (int y = 0; y < SourceHeight; y++)
        {
            source.Slice(y * stride, stride).CopyTo(padded);
            ResizeRow(padded, middle[(y * TargetWidth * Channels)..]);
        }
        ArrayPool<byte>.Shared.Return(padded);
    }

    // Four pixels a step, two to a vector: their R G B are spread to the first three lanes of each half, the fourth stays 0.
    private void ResizeRow(ReadOnlySpan<byte> row, Span<byte> output)
    {
        const byte Zero = 0xFF;
        Vector256<byte> firstPair = Vector256.Create(
            0, Zero, Zero, Zero, 1, Zero, Zero, Zero, 2, Zero, Zero, Zero, Zero, Zero, Zero, Zero,
            19, Zero, Zero, Zero, 20, Zero, Zero, Zero, 21, Zero, Zero, Zero, Zero, Zero, Zero, Zero);
        Vector256<byte> secondPair = Vector256.Create(
            6, Zero, Zero, Zero, 7, Zero, Zero, Zero, 8, Zero, Zero, Zero, Zero, Zero, Zero, Zero,
            25, Zero, Zero, Zero, 26, Zero, Zero, Zero, 27, Zero, Zero, Zero, Zero, Zero, Zero, Zero);
        ref byte pixels = ref MemoryMarshal.GetReference(row);
        ref byte target = ref MemoryMarshal.GetReference(output);
        ref int weights = ref MemoryMarshal.GetArrayDataReference(_laneWeights);
        int taps = _columns.Taps;
        Debug.Assert(row.Length >= (SourceWidth * Channels) + LoadPadding && output.Length > TargetWidth * Channels);
        for (int j = 0; j < TargetWidth; j++)
        {
            Vector256<int> sums = Vector256<int>.Zero;
            ref byte input = ref Unsafe.Add(ref pixels, _columns.Starts[j] * Channels);
            ref int weight = ref Unsafe.Add(ref weights, j * taps * Lanes);
            int count = _columns.Counts[j];
            for (int k = 0; k < count; k += ResampleAxis.TapGroup)
            {
                Vector128<byte> four = Vector128.LoadUnsafe(ref input, (nuint)(k * Channels));
                Vector256<byte> twice = Vector256.Create(four, four);
                sums += Vector256.Shuffle(twice, firstPair).AsInt32() * Vector256.LoadUnsafe(ref weight, (nuint)(k * Lanes));
                sums += Vector256.Shuffle(twice, secondPair).AsInt32() * Vector256.LoadUnsafe(ref weight, (nuint)((k + 2) * Lanes));
            }
            Vector128<int> sum = sums.GetLower() + sums.GetUpper() + Vector128.Create(ResampleAxis.Half);
            Vector128<int> levels = Vector128.Min(Vector128.Max(sum >> ResampleAxis.Precision, Vector128<int>.Zero), Vector128.Create(255));
            Vector128<ushort> words = Vector128.Narrow(levels.AsUInt32(), levels.AsUInt32());
            uint pixel = Vector128.Narrow(words, words).AsUInt32().ToScalar();
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, j * Channels), pixel);
        }
    }

    // [SourceHeight, TargetWidth, 3] -> [TargetHeight, TargetWidth, 3]
    private void ResizeColumns(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int stride = TargetWidth * Channels;
        for (int j = 0; j < TargetHeight; j++)
        {
            ReadOnlySpan<int> weights = _rows.Weights.AsSpan(j * _rows.Taps, _rows.Counts[j]);
            BlendRows(source[(_rows.Starts[j] * stride)..], weights, target.Slice(j * stride, stride));
        }
    }

    // output[x] = sum over k of weights[k] * rows[k * output.Length + x], a vector of bytes at a time.
    private static void BlendRows(ReadOnlySpan<byte> rows, ReadOnlySpan<int> weights, Span<byte> output)
    {
        int stride = output.Length;
        int x = 0;
        for (; x <= stride - Vector<byte>.Count; x += Vector<byte>.Count)
        {
            Vector<int> a = new(ResampleAxis.Half);
            (Vector<int> b, Vector<int> c, Vector<int> d) = (a, a, a);
            for (int k = 0; k < weights.Length; k++)
            {
                Vector.Widen(new Vector<byte>(rows[((k * stride) + x)..]), out Vector<ushort> low, out Vector<ushort> high);
                Vector.Widen(low, out Vector<uint> first, out Vector<uint> second);
                Vector.Widen(high, out Vector<uint> third, out Vector<uint> fourth);
                a += first.As<uint, int>() * weights[k];
                b += second.As<uint, int>() * weights[k];
                c += third.As<uint, int>() * weights[k];
                d += fourth.As<uint, int>() * weights[k];
            }
            Vector<ushort> left = Vector.Narrow(ToLevels(a), ToLevels(b));
            Vector<ushort> right = Vector.Narrow(ToLevels(c), ToLevels(d));
            Vector.Narrow(left, right).CopyTo(output[x..]);
        }
        for (; x < stride; x++)
        {
            int sum = ResampleAxis.Half;
            for (int k = 0; k < weights.Length; k++)
                sum += rows[(k * stride) + x] * weights[k];
            output[x] = (byte)Math.Clamp(sum >> ResampleAxis.Precision, 0, 255);
        }
    }

    private static Vector<uint> ToLevels(Vector<int> sums) =>
        Vector.Min(Vector.Max(sums >> ResampleAxis.Precision, Vector<int>.Zero), new Vector<int>(255)).As<int, uint>();
}
