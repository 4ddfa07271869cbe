namespace Winnow.Numerics.Kernels;

/// <summary>Row-wise functions of one instruction set, for one thread; lengths are free, targets may be their sources.</summary>
internal abstract unsafe class ElementwiseKernel
{
    /// <summary><c>y += x</c>.</summary>
    public abstract void Add(float* y, float* x, int count);

    /// <summary><c>y = gelu_tanh(x)</c>.</summary>
    public abstract void GeluTanh(float* x, float* y, int count);

    /// <summary><c>y = gelu_erf(x)</c>.</summary>
    public abstract void GeluErf(float* x, float* y, int count);

    /// <summary><c>y = silu(gate) up</c>.</summary>
    public abstract void SiluMultiply(float* gate, float* up, float* y, int count);

    /// <summary><c>y = x / sqrt(mean(x^2) + eps) weight</c>.</summary>
    public abstract void RmsNorm(float* x, float* weight, float eps, float* y, int count);

    /// <summary><c>y = (x - mean) / sqrt(variance + eps) weight + bias</c>; bias may be null.</summary>
    public abstract void LayerNorm(float* x, float* weight, float* bias, float eps, float* y, int count);

    /// <summary>Softmax in place; returns the logarithm of the sum of exponentials.</summary>
    public abstract float Softmax(float* x, int count);

    /// <summary><c>x . y</c>.</summary>
    public abstract float Dot(float* x, float* y, int count);

    /// <summary><c>y += factor x</c>.</summary>
    public abstract void AddScaled(float* y, float* x, float factor, int count);

    /// <summary><c>y[i] = factor (x . rows[i])</c>.</summary>
    /// <param name="x">[length].</param>
    /// <param name="rows">[count, length], rows <paramref name="rowStep"/> apart.</param>
    /// <param name="rowStep">Elements from one row to the next.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="length">Length of a row.</param>
    /// <param name="factor">Multiplies every product.</param>
    /// <param name="y">[count].</param>
    public abstract void Dots(float* x, float* rows, nint rowStep, int count, int length, float factor, float* y);

    /// <summary><c>y += sum of weights[i] rows[i]</c>; see <see cref="Dots"/> for the rows.</summary>
    public abstract void AddWeighted(float* weights, float* rows, nint rowStep, int count, int length, float* y);

    /// <summary><c>y = factor x</c>.</summary>
    public abstract void Scale(float* x, float factor, float* y, int count);

    /// <summary>Turns the pairs (low[i], high[i]) by the angles whose cosines and sines are given.</summary>
    public abstract void Rotate(float* low, float* high, float* cosines, float* sines, int count);
}
