using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Attention of every row to every row, made into that of other heads or of fewer rows.</summary>
public static class AttentionTables
{
    // Stands for probabilities too small for float32, whose logarithm would be infinite.
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>The whole attention in memory, so that it can be read again and again: <c>H T^2</c> values.</summary>
    public static AttentionView Stored(AttentionView attention) =>
        AttentionView.Of(attention.ReadAll(), attention.Heads, attention.Queries);

    /// <summary>One head whose logits are the mean of all heads' logits.</summary>
    /// <remarks>Logits differ from logarithms of probabilities by one number a row, which softmax does not see.</remarks>
    public static AttentionView OfMeanLogits(AttentionView attention)
    {
        (int heads, int queries, int keys) = (attention.Heads, attention.Queries, attention.Keys);
        float[] joined = new float[queries * keys], rows = new float[heads * keys];
        for (int query = 0; query < queries; query++)
        {
            attention.Read(query, rows);
            TensorPrimitives.Max(rows, SmallestNormal, rows);
            TensorPrimitives.Log<float>(rows, rows);
            Span<float> row = joined.AsSpan(query * keys, keys);
            for (int head = 0; head < heads; head++)
                TensorPrimitives.Add(row, rows.AsSpan(head * keys, keys), row);
            TensorPrimitives.Divide(row, heads, row);
            TensorPrimitives.SoftMax<float>(row, row);
        }
        return AttentionView.Of(joined, 1, queries);
    }

    /// <summary>The attention among some rows: the others leave it, and every row is divided by its new sum.</summary>
    /// <param name="attention">Attention of every row to every row.</param>
    /// <param name="rows">Rows that stay, at least one; a row that looked only at others looks at none.</param>
    public static AttentionView Among(AttentionView attention, ReadOnlySpan<int> rows)
    {
        int heads = attention.Heads;
        float[] among = new float[heads * rows.Length * rows.Length], all = new float[heads * attention.Keys];
        for (int query = 0; query < rows.Length; query++)
        {
            attention.Read(rows[query], all);
            for (int head = 0; head < heads; head++)
            {
                Span<float> row = among.AsSpan((head * rows.Length + query) * rows.Length, rows.Length);
                for (int key = 0; key < rows.Length; key++)
                    row[key] = all[head * attention.Keys + rows[key]];
                float sum = TensorPrimitives.Sum<float>(row);
                if (sum > 0)
                    TensorPrimitives.Divide(row, sum, row);
            }
        }
        return AttentionView.Of(among, heads, rows.Length);
    }
}
