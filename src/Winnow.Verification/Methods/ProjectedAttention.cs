using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// The attention of a layer from recorded weights: norm, projections, rotary positions where it has them, causal softmax.
/// </summary>
internal sealed record ProjectedAttention
{
    /// <summary>Weight of the layer's norm, <c>[D]</c>; empty for none.</summary>
    public float[] Norm { get; init; } = [];

    /// <summary>Epsilon of the norm.</summary>
    public float Epsilon { get; init; }

    /// <summary>Query projection, <c>[heads * headWidth, D]</c>.</summary>
    public required float[] QueryWeight { get; init; }

    /// <summary>Key projection, <c>[keyHeads * headWidth, D]</c>.</summary>
    public required float[] KeyWeight { get; init; }

    /// <summary>Bias of the queries; empty for none.</summary>
    public float[] QueryBias { get; init; } = [];

    /// <summary>Bias of the keys; empty for none.</summary>
    public float[] KeyBias { get; init; } = [];

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key heads.</summary>
    public required int KeyHeads { get; init; }

    /// <summary>Base of the rotary angles; null where rows carry no position.</summary>
    public required double? RopeBase { get; init; }

    /// <summary>The attention of the last rows.</summary>
    /// <param name="hidden"><c>[S, D]</c>, as they enter the layer.</param>
    /// <param name="positions"><c>[S]</c>.</param>
    /// <param name="queries">How many of the last rows look.</param>
    public AttentionView Of(TokenMatrix hidden, IReadOnlyList<int> positions, int queries)
    {
        using var compute = new Compute(1);
        (int count, int width) = (hidden.Count, QueryWeight.Length / hidden.Dimension / Heads);
        float[] normed = hidden.Values.ToArray(), rows = new float[Heads * queries * count];
        if (Norm.Length > 0)
            Normalization.RmsNorm(compute, hidden.Values.Span, count, hidden.Dimension, Norm, Epsilon, normed);
        float[] q = Project(compute, normed, count, QueryWeight, QueryBias), k = Project(compute, normed, count, KeyWeight, KeyBias);
        if (RopeBase is { } theta)
        {
            var rotary = new RotaryTable([.. positions], width, theta);
            rotary.Apply(compute, q, Heads);
            rotary.Apply(compute, k, KeyHeads);
        }
        var input = new AttentionInput
        {
            Queries = q,
            QueryCount = count,
            Heads = Heads,
            KeyValues = KeyValues.Tokens(k, k, count, KeyHeads, width),
            Scale = 1 / MathF.Sqrt(width),
            Causal = true,
        };
        Attention.Rows(compute, input, [.. Enumerable.Range(count - queries, queries)], rows);
        return AttentionView.Of(rows, Heads, queries);
    }

    private static float[] Project(Compute compute, float[] rows, int count, float[] weight, float[] bias)
    {
        int inputs = rows.Length / count, outputs = weight.Length / inputs;
        float[] projected = new float[count * outputs];
        MatMul.Multiply(compute, rows, count, WeightMatrix.FromValues(weight, outputs, inputs), bias, projected);
        return projected;
    }
}
