using System.Runtime.CompilerServices;

namespace Winnow.Numerics.Kernels;

/// <summary>The row-wise functions, written once over <see cref="ILanes{TVector}"/>.</summary>
/// <typeparam name="TLanes">The operations.</typeparam>
/// <typeparam name="TVector">Their register.</typeparam>
internal sealed unsafe class Elementwise<TLanes, TVector> : ElementwiseKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>A function of two vectors, lane by lane.</summary>
    private interface IFunction
    {
        static abstract TVector Of(TVector a, TVector b);
    }

    public override void Add(float* y, float* x, int count) => Map<Sum>(y, x, y, count);

    public override void GeluTanh(float* x, float* y, int count) => Map<TanhGelu>(x, x, y, count);

    public override void GeluErf(float* x, float* y, int count) => Map<ErfGelu>(x, x, y, count);

    public override void SiluMultiply(float* gate, float* up, float* y, int count) => Map<SiluProduct>(gate, up, y, count);

    public override void RmsNorm(float* x, float* weight, float eps, float* y, int count)
    {
        float square = Dot(x, x, count) / count;
        float scale = (float)(1 / Math.Sqrt(square + (double)eps));
        Affine(x, 0, scale, weight, null, y, count);
    }

    public override void LayerNorm(float* x, float* weight, float* bias, float eps, float* y, int count)
    {
        float mean = Deviations(x, 0, count, squared: false) / count;

        // Two passes: the square of the mean can be so much larger than the variance that their difference would have no digits left.
        float variance = Deviations(x, mean, count, squared: true) / count;
        float scale = (float)(1 / Math.Sqrt(variance + (double)eps));
        Affine(x, mean, scale, weight, bias, y, count);
    }

    public override float Softmax(float* x, int count)
    {
        float max = Largest(x, count);
        TVector shift = TLanes.Create(max);
        TVector sums = TLanes.Create(0);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TVector e = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(x + i), shift));
            TLanes.Store(e, x + i);
            sums = TLanes.Add(sums, e);
        }

        float sum = TLanes.Sum(sums);
        if (i < count)
        {
            float* tail = stackalloc float[TLanes.Count];
            Fill(tail, x + i, count - i, float.NegativeInfinity);
            TVector e = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(tail), shift));
            TLanes.Store(e, tail);
            sum += TLanes.Sum(e);
            new ReadOnlySpan<float>(tail, count - i).CopyTo(new Span<float>(x + i, count - i));
        }

        Scale(x, 1 / sum, x, count);
        return max + MathF.Log(sum);
    }

    public override float Dot(float* x, float* y, int count)
    {
        // Four sums hide the latency of the multiply-add and, being shorter, round less.
        TVector a = TLanes.Create(0), b = a, c = a, d = a;
        int lanes = TLanes.Count;
        int i = 0;
        for (; i <= count - (4 * lanes); i += 4 * lanes)
        {
            a = TLanes.MultiplyAdd(TLanes.Load(x + i), TLanes.Load(y + i), a);
            b = TLanes.MultiplyAdd(TLanes.Load(x + i + lanes), TLanes.Load(y + i + lanes), b);
            c = TLanes.MultiplyAdd(TLanes.Load(x + i + (2 * lanes)), TLanes.Load(y + i + (2 * lanes)), c);
            d = TLanes.MultiplyAdd(TLanes.Load(x + i + (3 * lanes)), TLanes.Load(y + i + (3 * lanes)), d);
        }

        for (; i <= count - lanes; i += lanes)
        {
            a = TLanes.MultiplyAdd(TLanes.Load(x + i), TLanes.Load(y + i), a);
        }

        float sum = TLanes.Sum(TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)));
        for (; i < count; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    public override void AddScaled(float* y, float* x, float factor, int count)
    {
        TVector scale = TLanes.Create(factor);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(x + i), scale, TLanes.Load(y + i)), y + i);
        }

        for (; i < count; i++)
        {
            y[i] += x[i] * factor;
        }
    }

    public override void Dots(float* x, float* rows, nint rowStep, int count, int length, float factor, float* y)
    {
        int i = 0;
        for (; i <= count - 4; i += 4, rows += 4 * rowStep)
        {
            float* second = rows + rowStep;
            float* third = second + rowStep;
            float* fourth = third + rowStep;
            TVector a = TLanes.Create(0), b = a, c = a, d = a;
            int j = 0;
            for (; j <= length - TLanes.Count; j += TLanes.Count)
            {
                TVector values = TLanes.Load(x + j);
                a = TLanes.MultiplyAdd(values, TLanes.Load(rows + j), a);
                b = TLanes.MultiplyAdd(values, TLanes.Load(second + j), b);
                c = TLanes.MultiplyAdd(values, TLanes.Load(third + j), c);
                d = TLanes.MultiplyAdd(values, TLanes.Load(fourth + j), d);
            }

            float sumA = TLanes.Sum(a), sumB = TLanes.Sum(b), sumC = TLanes.Sum(c), sumD = TLanes.Sum(d);
            for (; j < length; j++)
            {
                sumA += x[j] * rows[j];
                sumB += x[j] * second[j];
                sumC += x[j] * third[j];
                sumD += x[j] * fourth[j];
            }

            y[i] = factor * sumA;
            y[i + 1] = factor * sumB;
            y[i + 2] = factor * sumC;
            y[i + 3] = factor * sumD;
        }

        for (; i < count; i++, rows += rowStep)
        {
            y[i] = factor * Dot(x, rows, length);
        }
    }

    public override void AddWeighted(float* weights, float* rows, nint rowStep, int count, int length, float* y)
    {
        int j = 0;
        for (; j <= length - (4 * TLanes.Count); j += 4 * TLanes.Count)
        {
            AddWeightedColumns(weights, rows + j, rowStep, count, y + j);
        }

        for (; j < length; j++)
        {
            for (int i = 0; i < count; i++)
            {
                y[j] += weights[i] * rows[(i * rowStep) + j];
            }
        }
    }

    public override void Scale(float* x, float factor, float* y, int count)
    {
        TVector scale = TLanes.Create(factor);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(x + i), scale), y + i);
        }

        for (; i < count; i++)
        {
            y[i] = x[i] * factor;
        }
    }

    public override void Rotate(float* low, float* high, float* cosines, float* sines, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TVector a = TLanes.Load(low + i);
            TVector b = TLanes.Load(high + i);
            TVector cosine = TLanes.Load(cosines + i);
            TVector sine = TLanes.Load(sines + i);
            TLanes.Store(TLanes.Subtract(TLanes.Multiply(a, cosine), TLanes.Multiply(b, sine)), low + i);
            TLanes.Store(TLanes.MultiplyAdd(b, cosine, TLanes.Multiply(a, sine)), high + i);
        }

        for (; i < count; i++)
        {
            (float a, float b) = (low[i], high[i]);
            low[i] = (a * cosines[i]) - (b * sines[i]);
            high[i] = (b * cosines[i]) + (a * sines[i]);
        }
    }

    private static void Map<TFunction>(float* a, float* b, float* y, int count)
        where TFunction : struct, IFunction
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TFunction.Of(TLanes.Load(a + i), TLanes.Load(b + i)), y + i);
        }

        if (i < count)
        {
            float* tail = stackalloc float[2 * TLanes.Count];
            Fill(tail, a + i, count - i, 0);
            Fill(tail + TLanes.Count, b + i, count - i, 0);
            TLanes.Store(TFunction.Of(TLanes.Load(tail), TLanes.Load(tail + TLanes.Count)), tail);
            new ReadOnlySpan<float>(tail, count - i).CopyTo(new Span<float>(y + i, count - i));
        }
    }

    /// <summary><c>y = (x - mean) scale weight + bias</c>.</summary>
    private static void Affine(float* x, float mean, float scale, float* weight, float* bias, float* y, int count)
    {
        TVector shift = TLanes.Create(mean);
        TVector factor = TLanes.Create(scale);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TVector value = TLanes.Multiply(TLanes.Subtract(TLanes.Load(x + i), shift), factor);
            value = bias is null
                ? TLanes.Multiply(value, TLanes.Load(weight + i))
                : TLanes.MultiplyAdd(value, TLanes.Load(weight + i), TLanes.Load(bias + i));
            TLanes.Store(value, y + i);
        }

        for (; i < count; i++)
        {
            y[i] = ((x[i] - mean) * scale * weight[i]) + (bias is null ? 0 : bias[i]);
        }
    }

    /// <summary>The sum of <c>x - mean</c>, or of its squares.</summary>
    private static float Deviations(float* x, float mean, int count, bool squared)
    {
        TVector shift = TLanes.Create(mean);
        TVector even = TLanes.Create(0), odd = even;
        int lanes = TLanes.Count;
        int i = 0;
        for (; i <= count - (2 * lanes); i += 2 * lanes)
        {
            TVector a = TLanes.Subtract(TLanes.Load(x + i), shift);
            TVector b = TLanes.Subtract(TLanes.Load(x + i + lanes), shift);
            even = squared ? TLanes.MultiplyAdd(a, a, even) : TLanes.Add(a, even);
            odd = squared ? TLanes.MultiplyAdd(b, b, odd) : TLanes.Add(b, odd);
        }

        float sum = TLanes.Sum(TLanes.Add(even, odd));
        for (; i < count; i++)
        {
            float value = x[i] - mean;
            sum += squared ? value * value : value;
        }

        return sum;
    }

    private static float Largest(float* x, int count)
    {
        int i = 0;
        float largest = float.NegativeInfinity;
        if (count >= TLanes.Count)
        {
            TVector running = TLanes.Load(x);
            for (i = TLanes.Count; i <= count - TLanes.Count; i += TLanes.Count)
            {
                running = TLanes.AtLeast(running, TLanes.Load(x + i));
            }

            largest = TLanes.Max(running);
        }

        for (; i < count; i++)
        {
            largest = Math.Max(largest, x[i]);
        }

        return largest;
    }

    /// <summary>Four vectors of the sum; two rows at a time hide the latency of the multiply-add.</summary>
    private static void AddWeightedColumns(float* weights, float* rows, nint rowStep, int count, float* y)
    {
        int lanes = TLanes.Count;
        TVector a = TLanes.Load(y), b = TLanes.Load(y + lanes), c = TLanes.Load(y + (2 * lanes)), d = TLanes.Load(y + (3 * lanes));
        TVector e = TLanes.Create(0), f = e, g = e, h = e;
        int i = 0;
        for (; i <= count - 2; i += 2, rows += 2 * rowStep)
        {
            TVector first = TLanes.Create(weights[i]), second = TLanes.Create(weights[i + 1]);
            float* next = rows + rowStep;
            a = TLanes.MultiplyAdd(first, TLanes.Load(rows), a);
            b = TLanes.MultiplyAdd(first, TLanes.Load(rows + lanes), b);
            c = TLanes.MultiplyAdd(first, TLanes.Load(rows + (2 * lanes)), c);
            d = TLanes.MultiplyAdd(first, TLanes.Load(rows + (3 * lanes)), d);
            e = TLanes.MultiplyAdd(second, TLanes.Load(next), e);
            f = TLanes.MultiplyAdd(second, TLanes.Load(next + lanes), f);
            g = TLanes.MultiplyAdd(second, TLanes.Load(next + (2 * lanes)), g);
            h = TLanes.MultiplyAdd(second, TLanes.Load(next + (3 * lanes)), h);
        }

        if (i < count)
        {
            TVector last = TLanes.Create(weights[i]);
            a = TLanes.MultiplyAdd(last, TLanes.Load(rows), a);
            b = TLanes.MultiplyAdd(last, TLanes.Load(rows + lanes), b);
            c = TLanes.MultiplyAdd(last, TLanes.Load(rows + (2 * lanes)), c);
            d = TLanes.MultiplyAdd(last, TLanes.Load(rows + (3 * lanes)), d);
        }

        TLanes.Store(TLanes.Add(a, e), y);
        TLanes.Store(TLanes.Add(b, f), y + lanes);
        TLanes.Store(TLanes.Add(c, g), y + (2 * lanes));
        TLanes.Store(TLanes.Add(d, h), y + (3 * lanes));
    }

    private static void Fill(float* target, float* source, int count, float rest)
    {
        for (int i = 0; i < TLanes.Count; i++)
        {
            target[i] = i < count ? source[i] : rest;
        }
    }

    private readonly struct Sum : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector a, TVector b) => TLanes.Add(a, b);
    }

    private readonly struct TanhGelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector a, TVector b) => VectorMath<TLanes, TVector>.GeluTanhOf(a);
    }

    private readonly struct ErfGelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector a, TVector b) => VectorMath<TLanes, TVector>.GeluErfOf(a);
    }

    private readonly struct SiluProduct : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector a, TVector b) => TLanes.Multiply(VectorMath<TLanes, TVector>.SiluOf(a), b);
    }
}
