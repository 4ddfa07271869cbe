namespace Winnow.Numerics.Kernels;

/// <summary>
/// Softmax down the columns of a tile [rows, 2 vectors]: keys run down, queries lie across, so that every step is lane by lane and
/// nothing is ever summed across a register.
/// </summary>
internal abstract unsafe class ColumnKernel
{
    /// <summary>Takes a block of logits into running softmaxes (Milakov and Gimelshein, arXiv 1805.02867).</summary>
    /// <param name="logits">[rows, columns]; becomes <c>exp(logit - max)</c>.</param>
    /// <param name="rows">Keys in the block.</param>
    /// <param name="max">Running maximum per column; updated.</param>
    /// <param name="sum">Running sum of exponentials per column; updated.</param>
    /// <param name="factor">Receives, per column, what earlier results must be multiplied with.</param>
    public abstract void Absorb(float* logits, int rows, float* max, float* sum, float* factor);

    /// <summary>Multiplies every row of <paramref name="tile"/> by <paramref name="factor"/>, column by column.</summary>
    public abstract void Multiply(float* tile, int rows, float* factor);

    /// <summary><c>sums[row] += sum over columns of exp(logit - shift[column])</c>.</summary>
    public abstract void AddExponentials(float* logits, int rows, float* shift, float* sums);
}

/// <summary><see cref="ColumnKernel"/> for one register width.</summary>
/// <typeparam name="TLanes">The operations.</typeparam>
/// <typeparam name="TVector">Their register.</typeparam>
internal sealed unsafe class Columns<TLanes, TVector> : ColumnKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public override void Absorb(float* logits, int rows, float* max, float* sum, float* factor)
    {
        AbsorbHalf(logits, rows, max, sum, factor);
        AbsorbHalf(logits + TLanes.Count, rows, max + TLanes.Count, sum + TLanes.Count, factor + TLanes.Count);
    }

    public override void Multiply(float* tile, int rows, float* factor)
    {
        TVector left = TLanes.Load(factor);
        TVector right = TLanes.Load(factor + TLanes.Count);
        for (int row = 0; row < rows; row++, tile += 2 * TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(tile), left), tile);
            TLanes.Store(TLanes.Multiply(TLanes.Load(tile + TLanes.Count), right), tile + TLanes.Count);
        }
    }

    public override void AddExponentials(float* logits, int rows, float* shift, float* sums)
    {
        TVector left = TLanes.Load(shift);
        TVector right = TLanes.Load(shift + TLanes.Count);
        for (int row = 0; row < rows; row++, logits += 2 * TLanes.Count)
        {
            TVector a = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(logits), left));
            TVector b = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(logits + TLanes.Count), right));
            sums[row] += TLanes.Sum(TLanes.Add(a, b));
        }
    }

    private static void AbsorbHalf(float* logits, int rows, float* max, float* sum, float* factor)
    {
        int step = 2 * TLanes.Count;
        TVector before = TLanes.Load(max);
        TVector largest = before;
        for (int row = 0; row < rows; row++)
        {
            largest = TLanes.AtLeast(largest, TLanes.Load(logits + (row * step)));
        }

        // Two sums hide the latency of the addition.
        TVector even = TLanes.Create(0), odd = even;
        int i = 0;
        for (; i <= rows - 2; i += 2, logits += 2 * step)
        {
            TVector a = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(logits), largest));
            TVector b = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(logits + step), largest));
            TLanes.Store(a, logits);
            TLanes.Store(b, logits + step);
            even = TLanes.Add(even, a);
            odd = TLanes.Add(odd, b);
        }

        if (i < rows)
        {
            TVector a = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(logits), largest));
            TLanes.Store(a, logits);
            even = TLanes.Add(even, a);
        }

        TVector scale = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(before, largest));
        TLanes.Store(scale, factor);
        TLanes.Store(largest, max);
        TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(sum), scale, TLanes.Add(even, odd)), sum);
    }
}
