namespace Winnow.Numerics.Kernels;

/// <summary>The operands of one product, checked and pinned.</summary>
internal readonly unsafe struct ProductOperands
{
    /// <summary>Activations [RowCount, inputs].</summary>
    public required float* X { get; init; }

    public required int RowCount { get; init; }

    public required WeightMatrix Weights { get; init; }

    /// <summary>The second factor of a gated product, or null.</summary>
    public WeightMatrix? Up { get; init; }

    /// <summary>[outputs] or null.</summary>
    public float* Bias { get; init; }

    /// <summary>Result [RowCount, outputs].</summary>
    public required float* Y { get; init; }

    public Epilogue Epilogue { get; init; }

    /// <summary>Adds the bias and applies the activation function to a finished rectangle of the result.</summary>
    public void Finish(ElementwiseKernel kernel, float* c, int cStep, int rows, int column, int columns, Epilogue epilogue)
    {
        if (Bias is null && epilogue is (Epilogue.None or Epilogue.Accumulate))
        {
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            float* values = c + ((long)row * cStep);
            if (Bias is not null)
            {
                kernel.Add(values, Bias + column, columns);
            }

            if (epilogue == Epilogue.GeluTanh)
            {
                kernel.GeluTanh(values, values, columns);
            }
            else if (epilogue == Epilogue.GeluErf)
            {
                kernel.GeluErf(values, values, columns);
            }
        }
    }
}
