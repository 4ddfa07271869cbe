using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// SAINT. In the encoder a frame's patches are thinned out in one block to a fixed number, those most like all others first; or, in every
/// block, those go that have many near-copies. Inside the language model visual tokens with many near-copies leave after each of some
/// early layers.
/// </summary>
/// <remarks>
/// "Similarity-Aware Token Pruning: Your VLM but Faster", arXiv 2503.11549; ArmenJeddi/saint at baaff952: saint_drop and
/// iterative_drop_full_graph of its encoders, saint_drop of the modified LLaMA.
/// </remarks>
public sealed class Saint(Saint.Options options) : IEncoderReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialDepth = 32;
    private const int OfficialFirst = 8;
    private const int OfficialLast = 17;
    private const int OfficialEncoderBlock = 19;
    private const int OfficialEncoderDepth = 24;
    private const double OfficialEncoderShare = 375.0 / 576;
    private static readonly PrefillNeeds LayerKeys = new() { Keys = true };
    private static readonly EncoderNeeds BlockKeys = new() { Keys = true };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "saint",
        Name = "SAINT",
        Paper = "Similarity-Aware Token Pruning: Your VLM but Faster, 2025",
        ArXiv = "2503.11549",
        OfficialCode = "ArmenJeddi/saint baaff9526bfe0bcfe79406c6a637238d4b3277d1",
        Places = MethodPlaces.InsideEncoder | MethodPlaces.Prefill,
        Family = MethodFamily.Diversity,
        ChooseWhen = "the video shall say how much of it is redundant; compares all pairs of tokens in ten layers",
        BudgetRule = "in the encoder, where only that part acts, round-half-even(retention * patches) of each frame are left; with both"
            + " parts 375/576 of them or the retention, whichever is more; inside the model as many rows leave as have enough near-copies,"
            + " at most half of them after a layer and none below the retention's share of those that came there",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        ExtraCost = "in the encoder cosines of all pairs of a frame's patches in one block, O(N^2 d); inside the model, after"
            + " each of its layers, cosines of half of the visual rows with the other half, O(n^2 hd / 4); both in keys averaged"
            + " over heads; no attention",
        Deviations =
        [
            "The retention bounds the cuts by near-copies from below; officially nothing does.",
            "Rows are counted from the video's true start; the official script is off by one and reaches into the text.",
            "Decoding goes on at the true next position; the official code is one too far.",
            "Layers and blocks are the same shares of the depth as the official 7 to 16 of 32 and 19 of 24, unless given.",
            "A round of thinning removes one patch at least; the official code divides by zero where a frame has fewer than its divisor. "
                + "A key of zeros is like none there; officially it is not a number.",
        ],
    };

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public int GroupFrames => options.GroupFrames;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context) => new EncoderPart(this, options, options.EncoderRule == Rule.NearCopies
        ? [.. Enumerable.Range(0, context.Layers)]
        : EncoderBlocks.Of(
            options.EncoderBlock is { } block ? [block] : null, [OfficialEncoderBlock], OfficialEncoderDepth, context.Layers));

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int first = LayerDepth.Of(options.FirstLayer, OfficialFirst, OfficialDepth, context.Layers);
        int last = LayerDepth.Of(options.LastLayer, OfficialLast, OfficialDepth, context.Layers);
        if (last < first)
            throw new ArgumentException($"lastLayer is {last}; it must not lie before firstLayer, {first}.");
        int fewest = Budgets.Round(options.Retention * context.VisualCount, Rounding.Ceiling);
        return new StagedRun([.. Enumerable.Range(first, last - first + 1)], LayerKeys, (_, view) =>
        {
            TokenMatrix keys = HeadMeans.Of(view.Keys!.Value.Slice(view.VisualStart, view.VisualCount), view.Context.KeyValueHeads);
            int[] kept = Kept(keys, Math.Max(0, view.VisualCount - fewest));
            return kept.Length == view.VisualCount ? null : PrefillStep.KeepVisual(view, kept.Select(row => view.VisualStart + row));
        });
    }

    /// <summary>
    /// The tokens that stay after one layer of the language model: even ones by falling score, then the odd ones; the order as it was where
    /// none leaves.
    /// </summary>
    /// <param name="keys"><c>[n, hd]</c>: keys of the visual tokens, mean over heads.</param>
    /// <param name="most">How many may leave at most.</param>
    public int[] Kept(TokenMatrix keys, int most)
    {
        NearCopies copies = Copies(keys, options.Threshold);
        return copies.Without(Math.Min(copies.Count, most), keys.Count);
    }

    private NearCopies Copies(TokenMatrix keys, double threshold) => NearCopies.Of(keys, threshold, options.Neighbours, options.Sharpness);

    private sealed class EncoderPart(Saint method, Options options, int[] blocks) : IEncoderRun
    {
        private int[]? _fewest;

        public bool ProportionalAttention => false;

        public EncoderNeeds? NeedsAt(EncoderPoint point)
        {
            bool reduces = options.EncoderPatches is not null || Share < 1;
            return reduces && point.Moment == EncoderMoment.AfterAttention && blocks.Contains(point.Layer) ? BlockKeys : null;
        }

        public EncoderStep? Decide(EncoderView view)
        {
            RowRange[] sequences = PatchSequences.Of(view);
            _fewest ??= Array.ConvertAll(sequences, patches => options.EncoderPatches
                ?? Math.Max(1, Budgets.Round(Share * patches.Length, Rounding.HalfEven)));
            TokenMatrix keys = HeadMeans.Of(view.Keys!.Value, view.Context.Heads);
            TokenMatrix[] frames = Array.ConvertAll(sequences, patches => keys.Slice(patches.Start, patches.Length));
            int[][] kept = options.EncoderRule == Rule.NearCopies ? WithoutCopies(frames)
                : [.. frames.Select((frame, i) => GraphThinning.Keep(frame, _fewest[i], options.Divisor))];
            return kept.Zip(frames).All(pair => pair.First.Length == pair.Second.Count) ? null : PatchSequences.Keep(view, kept);
        }

        private double Share => options.Parts == MethodParts.All ? Math.Max(options.Retention, OfficialEncoderShare) : options.Retention;

        /// <summary>Every frame loses as many as have enough copies on average.</summary>
        private int[][] WithoutCopies(TokenMatrix[] frames)
        {
            NearCopies[] copies = Array.ConvertAll(frames, frame => method.Copies(frame, options.EncoderThreshold));
            int leaving = copies.Sum(found => found.Count) / frames.Length;
            return [.. copies.Select((found, i) =>
                found.Without(Math.Clamp(frames[i].Count - _fewest![i], 0, Math.Min(leaving, found.Scores.Length)), frames[i].Count))];
        }
    }

    /// <summary>How tokens leave in the encoder.</summary>
    public enum Rule
    {
        /// <summary>In one block, to a fixed number: the form for the towers of video models.</summary>
        FixedCount,

        /// <summary>In every block, as many as have enough near-copies: the form for classifiers.</summary>
        NearCopies,
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>
        /// First layer before which tokens leave (official: 8 of 32); null for the same share of the loaded model's depth.
        /// </summary>
        [Parameter("first layer before which tokens leave; auto: as deep as 8 of 32", Minimum = 1)]
        public int? FirstLayer { get; init; }

        /// <summary>
        /// Last layer before which tokens leave (official: 17 of 32); null for the same share of the loaded model's depth.
        /// </summary>
        [Parameter("last layer before which tokens leave; auto: as deep as 17 of 32", Minimum = 1)]
        public int? LastLayer { get; init; }

        /// <summary>Cosine of two keys from which on one counts as a copy, inside the language model.</summary>
        [Parameter("cosine of two keys from which on one counts as a copy, inside the language model", Minimum = -1, Maximum = 1)]
        public double Threshold { get; init; } = 0.83;

        /// <summary>Copies that are enough for a token to leave.</summary>
        [Parameter("copies that are enough for a token to leave", Symbol = "K", Minimum = 1)]
        public int Neighbours { get; init; } = 5;

        /// <summary>How fast a token's score grows with the likeness of its copies.</summary>
        [Parameter("how fast a token's score grows with the likeness of its copies",
            Symbol = "gamma", Minimum = 0, MinimumIsExcluded = true)]
        public double Sharpness { get; init; } = 10;

        /// <summary>How tokens leave in the encoder.</summary>
        [Parameter("how tokens leave in the encoder: in one block to a fixed number, or in every block by near-copies")]
        public Rule EncoderRule { get; init; }

        /// <summary>
        /// 0-based block of the fixed number (official: 19 of 24); null for the same share of the loaded encoder's depth.
        /// </summary>
        [Parameter("encoder block of the fixed number; auto: as deep as 19 of 24", Minimum = 0)]
        public int? EncoderBlock { get; init; }

        /// <summary>
        /// Patches of a frame below which the encoder part does not go (official: 375 of 576); null for what the retention says.
        /// </summary>
        [Parameter("patches of a frame that the encoder leaves; auto: what the retention asks, or 375 of 576", Minimum = 1)]
        public int? EncoderPatches { get; init; }

        /// <summary>Of how many patches the first round of the fixed number removes one.</summary>
        [Parameter("of how many patches the first round of the fixed number removes one", Minimum = 1)]
        public int Divisor { get; init; } = 16;

        /// <summary>Cosine of two keys from which on one counts as a copy, in the encoder.</summary>
        [Parameter("cosine of two keys from which on one counts as a copy, in the encoder", Minimum = -1, Maximum = 1)]
        public double EncoderThreshold { get; init; } = 0.7;

        /// <summary>Frames that lose equally many tokens where near-copies leave in the encoder.</summary>
        [Parameter("frames that lose equally many tokens where near-copies leave in the encoder", Minimum = 1)]
        public int GroupFrames { get; init; } = 1;
    }
}
