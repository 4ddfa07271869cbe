using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>SAINT inside the language model: after each of some early layers, the visual tokens at even places that have many near-copies at odd places leave.</summary>
/// <remarks>
/// "Similarity-Aware Token Pruning: Your VLM but Faster", arXiv 2503.11549; ArmenJeddi/saint at baaff952, saint_drop of the modified LLaMA.
/// </remarks>
public sealed class Saint(Saint.Options options) : IPrefillReducer
{
    private const int OfficialDepth = 32;
    private const int OfficialFirst = 8;
    private const int OfficialLast = 17;
    private static readonly PrefillNeeds LayerKeys = new() { Keys = true };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "saint",
        Name = "SAINT",
        Paper = "Similarity-Aware Token Pruning: Your VLM but Faster, 2025",
        ArXiv = "2503.11549",
        OfficialCode = "ArmenJeddi/saint baaff9526bfe0bcfe79406c6a637238d4b3277d1",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Diversity,
        ChooseWhen = "the video shall say how much of it is redundant; compares all pairs of tokens in ten layers",
        BudgetRule = "as many rows leave as have enough near-copies, at most half of them after a layer; retention is the share of the rows below which the method does not go",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost = "after each of its layers cosines of half of the visual rows with the other half, in keys averaged over heads, O(n^2 hd / 4); no attention",
        Deviations =
        [
            "The retention bounds the cuts from below; officially nothing does.",
            "Rows are counted from the video's true start; the official script is off by one and reaches into the text.",
            "Decoding goes on at the true next position; the official code is one too far.",
            "Layers are the same shares of the depth as the official 7 to 16 of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int first = LayerDepth.Of(options.FirstLayer, OfficialFirst, OfficialDepth, context.Layers), last = LayerDepth.Of(options.LastLayer, OfficialLast, OfficialDepth, context.Layers);
        if (last < first)
            throw new ArgumentException($"lastLayer is {last}; it must not lie before firstLayer, {first}.");
        int fewest = Budgets.Round(options.Retention * context.VisualCount, Rounding.Ceiling);
        return new StagedRun([.. Enumerable.Range(first, last - first + 1)], LayerKeys, (_, view) =>
        {
            int[] kept = Kept(HeadMean(view), Math.Max(0, view.VisualCount - fewest));
            return kept.Length == view.VisualCount ? null : PrefillStep.KeepVisual(view, kept.Select(row => view.VisualStart + row));
        });
    }

    /// <summary>The tokens that stay after one layer: even ones by falling score, then the odd ones; the order as it was where none leaves.</summary>
    /// <param name="keys"><c>[n, hd]</c>: keys of the visual tokens, mean over heads.</param>
    /// <param name="most">How many may leave at most.</param>
    public int[] Kept(TokenMatrix keys, int most)
    {
        NearCopies copies = NearCopies.Of(keys, options.Threshold, options.Neighbours, options.Sharpness);
        return copies.Without(Math.Min(copies.Count, most), keys.Count);
    }

    private static TokenMatrix HeadMean(PrefillView view)
    {
        (int heads, int width) = (view.Context.KeyValueHeads, view.Context.HeadWidth);
        float[] mean = new float[view.VisualCount * width];
        for (int row = 0; row < view.VisualCount; row++)
        {
            ReadOnlySpan<float> keys = view.Keys!.Value[view.VisualStart + row];
            for (int channel = 0; channel < width; channel++)
            {
                double sum = 0;
                for (int head = 0; head < heads; head++)
                    sum += keys[head * width + channel];
                mean[row * width + channel] = (float)(sum / heads);
            }
        }
        return new TokenMatrix(mean, width);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>First layer before which tokens leave (official: 8 of 32); null for the same share of the loaded model's depth.</summary>
        [Parameter("first layer before which tokens leave; auto: as deep as 8 of 32", Minimum = 1)]
        public int? FirstLayer { get; init; }

        /// <summary>Last layer before which tokens leave (official: 17 of 32); null for the same share of the loaded model's depth.</summary>
        [Parameter("last layer before which tokens leave; auto: as deep as 17 of 32", Minimum = 1)]
        public int? LastLayer { get; init; }

        /// <summary>Cosine of two keys from which on one counts as a copy.</summary>
        [Parameter("cosine of two keys from which on one counts as a copy", Minimum = -1, Maximum = 1)]
        public double Threshold { get; init; } = 0.83;

        /// <summary>Copies that are enough for a token to leave.</summary>
        [Parameter("copies that are enough for a token to leave", Symbol = "K", Minimum = 1)]
        public int Neighbours { get; init; } = 5;

        /// <summary>How fast a token's score grows with the likeness of its copies.</summary>
        [Parameter("how fast a token's score grows with the likeness of its copies", Symbol = "gamma", Minimum = 0, MinimumIsExcluded = true)]
        public double Sharpness { get; init; } = 10;
    }
}
