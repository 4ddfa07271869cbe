using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>What methods want to see of a layer that is about to run; the layer notes it on the way.</summary>
internal sealed class LayerWatch
{
    /// <summary>Attention wanted between the layer's attention and its MLP; null for none.</summary>
    public AttentionCapture? Inside { get; init; }

    /// <summary>Attention wanted after the layer; null for none.</summary>
    public AttentionCapture? Behind { get; init; }

    /// <summary>Attention of the last row, wanted once the prompt has been read; null for none.</summary>
    public AttentionCapture? Last { get; init; }

    /// <summary>How the blocks change the rows; null for none.</summary>
    public BlockTransitions? Transitions { get; init; }

    /// <summary>Whether every row must pass through the layer for what is wanted.</summary>
    public bool NeedsAllRows => Inside is not null || Behind is not null || Transitions is not null;

    public void NoteQueries(ReadOnlySpan<float> queries, int firstRow, bool rotated)
    {
        Inside?.NoteQueries(queries, firstRow, rotated);
        Behind?.NoteQueries(queries, firstRow, rotated);
        Last?.NoteQueries(queries, firstRow, rotated);
    }

    public void NoteKeys(ReadOnlySpan<float> keys, int firstRow, bool rotated)
    {
        Inside?.NoteKeys(keys, firstRow, rotated);
        Behind?.NoteKeys(keys, firstRow, rotated);
    }

    /// <summary>Notes how a block changed the rows of a piece.</summary>
    /// <param name="input">What entered the block, after its norm.</param>
    /// <param name="output">What it adds to the rows.</param>
    /// <param name="firstRow">The piece's first row.</param>
    /// <param name="rows">Rows of the piece.</param>
    /// <param name="ofMlp">Whether it is the MLP block.</param>
    public void NoteTransition(ReadOnlySpan<float> input, ReadOnlySpan<float> output, int firstRow, int rows, bool ofMlp)
    {
        int width = input.Length / rows;
        (float[] ratios, float[] cosines) = ofMlp
            ? (Transitions!.MlpRatio, Transitions.MlpCosine)
            : (Transitions!.AttentionRatio, Transitions.AttentionCosine);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> before = input.Slice(row * width, width), change = output.Slice(row * width, width);
            double dot = 0, squareBefore = 0, squareChange = 0;
            for (int i = 0; i < width; i++)
            {
                dot += (double)before[i] * change[i];
                squareBefore += (double)before[i] * before[i];
                squareChange += (double)change[i] * change[i];
            }
            ratios[firstRow + row] = (float)Math.Sqrt(squareChange / squareBefore);
            cosines[firstRow + row] = (float)(dot / Math.Sqrt(squareBefore * squareChange));
        }
    }
}
