using Winnow.Numerics.Kernels;

namespace Winnow.Numerics;

/// <summary>Products of f32 activations with a weight matrix of any stored type.</summary>
public static unsafe class MatMul
{
    /// <summary><c>y = epilogue(x w^T + bias)</c>, accumulated in f32 (int8 weights: exact integers within a group).</summary>
    /// <remarks>
    /// With <see cref="WeightType.Int8"/> weights each row of x is rounded, group by group, to 127 steps of its largest magnitude first.
    /// m = 1 to 4 streams the weights once, at memory bandwidth; larger m runs packed, cache-blocked tiles.
    /// </remarks>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Activations [m, K], row-major.</param>
    /// <param name="m">Rows of x, zero or more.</param>
    /// <param name="w">Weights [N, K].</param>
    /// <param name="bias">[N], or empty for none.</param>
    /// <param name="y">Result [m, N], row-major; must not overlap x.</param>
    /// <param name="epilogue">What happens to each value before it is stored.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public static void Multiply(
        Compute compute,
        ReadOnlySpan<float> x,
        int m,
        WeightMatrix w,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Epilogue epilogue = Epilogue.None)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(w);
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        Check.Length(x.Length, (long)m * w.Columns, nameof(x), "m x w.Columns");
        Check.Length(y.Length, (long)m * w.Rows, nameof(y), "m x w.Rows");
        if (!bias.IsEmpty)
        {
            Check.Length(bias.Length, w.Rows, nameof(bias), "w.Rows");
        }

        using Compute.Lease lease = compute.Enter();
        fixed (float* px = x, pb = bias, py = y)
        {
            ProductOperands operands = new() { X = px, RowCount = m, Weights = w, Bias = pb, Y = py, Epilogue = epilogue };
            Run(compute, operands);
        }

        GC.KeepAlive(w);
    }

    /// <summary>
    /// <c>y = silu(x gate^T) * (x up^T)</c>: the first half of a gated feed-forward block, without its two intermediate results.
    /// </summary>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Activations [m, K], row-major.</param>
    /// <param name="m">Rows of x, zero or more.</param>
    /// <param name="gate">Weights [N, K].</param>
    /// <param name="up">Weights [N, K] of the same stored type.</param>
    /// <param name="y">Result [m, N], row-major; must not overlap x.</param>
    /// <exception cref="ArgumentException">A length, a shape or a type does not fit.</exception>
    public static void MultiplySwiGlu(
        Compute compute, ReadOnlySpan<float> x, int m, WeightMatrix gate, WeightMatrix up, Span<float> y)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(up);
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        if (up.Rows != gate.Rows || up.Columns != gate.Columns || up.Type != gate.Type || up.GroupSize != gate.GroupSize)
        {
            throw new ArgumentException(
                $"up is {up.Type} [{up.Rows}, {up.Columns}] but gate is {gate.Type} [{gate.Rows}, {gate.Columns}]; they must be alike.",
                nameof(up));
        }

        Check.Length(x.Length, (long)m * gate.Columns, nameof(x), "m x gate.Columns");
        Check.Length(y.Length, (long)m * gate.Rows, nameof(y), "m x gate.Rows");
        using Compute.Lease lease = compute.Enter();
        fixed (float* px = x, py = y)
        {
            ProductOperands operands = new() { X = px, RowCount = m, Weights = gate, Up = up, Y = py };
            Run(compute, operands);
        }

        GC.KeepAlive(gate);
        GC.KeepAlive(up);
    }

    /// <summary>Products of the same activations with several matrices: <c>y = x w^T + bias</c> for each.</summary>
    /// <remarks>
    /// The values are those of one call of <see cref="Multiply"/> for each matrix. For m = 1 to 4 the rows are rounded once and all
    /// weights are read in one go, where the matrices have the same type and group size.
    /// </remarks>
    /// <param name="compute">Threads and instruction set.</param>
    /// <param name="x">Activations [m, K], row-major.</param>
    /// <param name="m">Rows of x, zero or more.</param>
    /// <param name="w">Weights [N, K] each; N may differ.</param>
    /// <param name="bias">[sum of N], in the order of the matrices.</param>
    /// <param name="y">The results [m, N], row-major, one after another; must not overlap x.</param>
    /// <exception cref="ArgumentException">A length or a shape does not fit.</exception>
    public static void MultiplyEach(
        Compute compute, ReadOnlySpan<float> x, int m, ReadOnlySpan<WeightMatrix> w, ReadOnlySpan<float> bias, Span<float> y)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfZero(w.Length, nameof(w));
        int outputs = 0;
        bool alike = true;
        foreach (WeightMatrix matrix in w)
        {
            ArgumentNullException.ThrowIfNull(matrix, nameof(w));
            Check.Length(x.Length, (long)m * matrix.Columns, nameof(x), "m x w.Columns");
            outputs += matrix.Rows;
            alike &= matrix.Columns == w[0].Columns && matrix.Type == w[0].Type && matrix.GroupSize == w[0].GroupSize;
        }

        Check.Length(bias.Length, outputs, nameof(bias), "sum of w.Rows");
        Check.Length(y.Length, (long)m * outputs, nameof(y), "m x sum of w.Rows");
        using Compute.Lease lease = compute.Enter();
        fixed (float* px = x, pb = bias, py = y)
        {
            ProductOperands[] products = new ProductOperands[w.Length];
            for (int i = 0, first = 0; i < w.Length; first += w[i++].Rows)
            {
                products[i] = new() { X = px, RowCount = m, Weights = w[i], Bias = pb + first, Y = py + ((long)m * first) };
            }

            if (alike && m is > 0 and <= VectorProduct.MaxRows)
            {
                compute.Count((long)m * outputs * w[0].Columns);
                VectorProduct.Run(compute, products);
            }
            else
            {
                foreach (ProductOperands product in products)
                {
                    Run(compute, product);
                }
            }

            GC.KeepAlive(products);
        }
    }

    private static void Run(Compute compute, in ProductOperands operands)
    {
        if (operands.RowCount == 0)
        {
            return;
        }

        long products = (long)operands.RowCount * operands.Weights.Rows * operands.Weights.Columns;
        compute.Count(operands.Up is null ? products : 2 * products);
        if (operands.RowCount <= VectorProduct.MaxRows)
        {
            if (operands.Up is null)
            {
                VectorProduct.Run(compute, operands);
            }
            else
            {
                VectorProduct.RunGated(compute, operands);
            }

            return;
        }

        KernelSet kernels = compute.Kernels;
        TiledProduct.Run(compute, operands.Weights.Type == WeightType.Int8 ? kernels.Int8 : kernels.Float, operands);
    }
}
