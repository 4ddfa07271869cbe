using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>What <see cref="FlowCut"/> knows of one frame's patches from block to block of the vision encoder.</summary>
/// <remarks>utils_flowcut.py of TungChintao/FlowCut at a2ecd247; without a class token, the form of its folder FlowCut_Qwen.</remarks>
/// <param name="decay">Weight of the scores so far when a block's scores are added, from 0 to 1.</param>
public sealed class InformationFlow(double decay)
{
    private double[] _cumulated = [];

    /// <summary>Takes the scores of a block in.</summary>
    /// <param name="scores"><c>[n]</c>: of the patches that are left.</param>
    public void Add(double[] scores) =>
        _cumulated = _cumulated.Length == 0 ? scores : [.. _cumulated.Zip(scores, (old, score) => decay * old + (1 - decay) * score)];

    /// <summary>Leaves the patches of the largest scores so far.</summary>
    /// <param name="count">How many.</param>
    /// <returns>Their numbers, rising.</returns>
    public int[] Keep(int count)
    {
        int[] kept = TopK.Largest(_cumulated, count, EmitBy.Place);
        _cumulated = Array.ConvertAll(kept, patch => _cumulated[patch]);
        return kept;
    }

    /// <summary>What a block says of the patches of a frame.</summary>
    /// <param name="attention">Attention of the frame, whose first row is that of the class token or of the mean query.</param>
    /// <param name="values"><c>[T, C]</c>: values of its rows, heads side by side.</param>
    /// <param name="special">Class tokens among them, first.</param>
    public static FlowSignals Read(AttentionView attention, TokenMatrix values, int special)
    {
        int heads = attention.Heads, rows = attention.Keys, width = values.Dimension / heads;
        float[] seen = new float[heads * rows];
        attention.Read(0, seen);
        double[] relation = new double[rows], likeness = new double[rows], logits = new double[rows];
        for (int head = 0; head < heads; head++)
        {
            for (int row = 0; row < rows; row++)
                relation[row] += (double)seen[head * rows + row] / heads;
            if (special == 0)
                continue;
            for (int row = 0; row < rows; row++)
                logits[row] = InnerProducts.Of(values[0].Slice(head * width, width), values[row].Slice(head * width, width));
            TensorPrimitives.SoftMax<double>(logits, logits);
            TensorPrimitives.MultiplyAdd(logits, 1.0 / heads, likeness, likeness);
        }
        TokenMatrix means = HeadMeans.Of(values, heads);
        double[] sizes = [.. Enumerable.Range(special, rows - special).Select(row => (double)TensorPrimitives.SumOfMagnitudes(means[row]))];
        return new FlowSignals(relation[special..], special == 0 ? null : likeness[special..], sizes);
    }
}

/// <summary>What a block of the vision encoder says of the patches of a frame.</summary>
/// <param name="Relation"><c>[n]</c>: attention of the class token or of the mean query, mean over heads.</param>
/// <param name="Likeness">
/// <c>[n]</c>: softmax, over all rows, of the products of the class token's value with the others', mean over heads; null without one.
/// </param>
/// <param name="Sizes"><c>[n]</c>: L1 norm of each value, averaged over heads before.</param>
public sealed record FlowSignals(double[] Relation, double[]? Likeness, double[] Sizes)
{
    // The official code for towers without a class token adds it inside the logarithm.
    private const double Epsilon = 1e-7;

    /// <summary>
    /// The scores of the patches: relation and likeness, each brought to a sum of 1, times the size; without likeness the relation as it
    /// is.
    /// </summary>
    public double[] Scores()
    {
        if (Likeness is null)
            return [.. Relation.Zip(Sizes, (relation, size) => relation * size)];
        double relations = Relation.Sum(), likenesses = Likeness.Sum();
        return [.. Enumerable.Range(0, Sizes.Length).Select(i => (Relation[i] / relations + Likeness[i] / likenesses) * Sizes[i])];
    }

    /// <summary>How many patches to cut: more where the relation is concentrated, and more near the end.</summary>
    /// <param name="target">Patches left at the end, at least 1 and fewer than there are.</param>
    /// <param name="remaining">Blocks that are left, at least 1.</param>
    /// <returns>Not rounded: of several frames side by side, the largest decides.</returns>
    public double Cut(int target, int remaining)
    {
        double sum = Likeness is null ? 1 : Relation.Sum(), inside = Likeness is null ? Epsilon : 0, entropy = 0;
        foreach (double relation in Relation)
            if (relation > 0)
                entropy -= relation / sum * Math.Log(relation / sum + inside);
        entropy /= Math.Log(Relation.Length);
        return Math.Max(0, (Relation.Length - target) / Math.Sqrt(remaining) * (1 - entropy * entropy));
    }
}
