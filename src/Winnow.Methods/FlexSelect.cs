using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// FlexSelect: the first layers of the language model rank the visual tokens, interleaved group of frames by group, by the attention of the
/// text after the video; the best of each group then enter the model anew.
/// </summary>
/// <remarks>
/// "FlexSelect: Flexible Token Selection for Efficient Long Video Understanding", NeurIPS 2025, arXiv 2506.00993;
/// yunzhuzhang0918/flexselect at a1d1f5aa, eval/llava/model/llava_arch.py (compress_vision_embeddings) and token_selector/qwen_selector.py.
/// </remarks>
public sealed class FlexSelect(FlexSelect.Options options) : IPrefillReducer
{
    private const int OfficialLayer = 19;
    private const int OfficialDepth = 28;
    private const int NoFrame = -1;

    /// <summary>How attention becomes one number a token.</summary>
    public enum ScoreKind
    {
        /// <summary>Largest over heads and rows of the text.</summary>
        Maximum,

        /// <summary>Mean over heads and rows of the text.</summary>
        Mean,
    }

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "flexselect",
        Name = "FlexSelect",
        Paper = "FlexSelect: Flexible Token Selection for Efficient Long Video Understanding, NeurIPS 2025",
        ArXiv = "2506.00993",
        OfficialCode = "yunzhuzhang0918/flexselect a1d1f5aa6d388c44ae6ea4b618b785be617f71ad",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "many more frames than the model takes at once: ranking costs grow with the frames alone",
        BudgetRule = "retention is the share of the visual rows that enter the model for good: trunc(floor(retention * rows) / groups) of"
            + " each group; tokenBudget overrides",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Compact,
        ExtraCost = "the layers up to the reference layer once more for every group of frames, and there the attention rows of the text,"
            + " O(T H S hd), and keys of all rows, O(S D^2)",
        Deviations =
        [
            "A group with fewer tokens than its share keeps them all; the official code fails. The budget is never rounded up to whole"
                + " frames, as the Qwen variant does.",
            "A newline vector that closes a row or a frame counts as a token of that frame, as officially; a lone one after the whole"
                + " video belongs to none and leaves.",
            "The layer is the same share of the depth as the official 19 of 28, unless given. The trained small ranker is not offered.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int layer = LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers);
        int[] frames = FrameOfRows(context);
        int[] present = [.. frames.Where(frame => frame != NoFrame).Distinct().Order()];
        int tokens = frames.Count(frame => frame != NoFrame), groups = (present.Length + options.GroupFrames - 1) / options.GroupFrames;
        int share = groups == 0 ? 0 : (options.TokenBudget ?? Budgets.Round(options.Retention * tokens, Rounding.Floor)) / groups;
        if (share >= tokens || (options.TokenBudget is null && options.Retention >= 1))
            return StagedRun.Nothing;
        return new Ranking(
            options, context, layer, share,
            [.. Enumerable.Range(0, groups).Select(g => RowsOf(present.Where((_, i) => i % groups == g).ToHashSet()))]);

        int[] RowsOf(HashSet<int> group) =>
            [.. Enumerable.Range(0, frames.Length).Where(row => group.Contains(frames[row])).Select(row => context.VisualStart + row)];
    }

    /// <summary>The frame of every visual row that enters; a newline vector is of the frame before it, a lone one of none.</summary>
    private static int[] FrameOfRows(PrefillContext context)
    {
        bool hasLone = context.Places.Count(place => place < 0) == 1;
        int[] frames = new int[context.VisualCount];
        int current = NoFrame;
        for (int row = 0; row < frames.Length; row++)
        {
            current = context.Places[row] >= 0 ? context.Grid.FrameOf(context.Places[row]) : hasLone ? NoFrame : current;
            frames[row] = current;
        }
        return frames;
    }

    /// <summary>One prompt: a pass for every group, then the prompt itself.</summary>
    private sealed class Ranking(Options options, PrefillContext context, int layer, int share, int[][] groups) : IPrefillRun
    {
        private static readonly PrefillNeeds TextRows =
            new() { Attention = new AttentionRequest(AttentionQueries.TextAfterVideo) { OfNextLayer = true } };
        private readonly List<int> _kept = [];
        private int _pass;
        private bool _hasBegun;

        public PrefillNeeds? NeedsAt(PrefillPoint point) => point.Moment != PrefillMoment.BeforeLayer ? null
            : point.Layer == 0 && !_hasBegun ? PrefillNeeds.States
            : point.Layer == layer && _pass < groups.Length ? TextRows : null;

        public PrefillStep? Decide(PrefillView view)
        {
            if (view.Point.Layer == 0)
            {
                _hasBegun = true;
                return Read(groups[0]);
            }
            double[] scores = options.Score == ScoreKind.Mean
                ? ReceivedAttention.Mean(view.Attention!, view.VisualStart, view.VisualCount)
                : Array.ConvertAll(ReceivedAttention.Maximum(view.Attention!, view.VisualStart, view.VisualCount), score => (double)score);
            int[] group = groups[_pass];
            _kept.AddRange(TopK.Largest(scores, Math.Min(share, scores.Length), EmitBy.Place).Select(row => group[row]));
            _pass++;
            return Read(_pass < groups.Length ? groups[_pass] : [.. _kept.Order()], new PlanTrace { { "scores", scores } }) with
            {
                StartsAnew = true,
            };
        }

        /// <summary>Text and some visual rows of the whole prompt, counted anew.</summary>
        private PrefillStep Read(int[] visualRows, PlanTrace? trace = null)
        {
            int end = context.VisualStart + context.VisualCount, count = context.Embeddings.Count;
            int[] rows = [.. Enumerable.Range(0, context.VisualStart), .. visualRows, .. Enumerable.Range(end, count - end)];
            return new PrefillStep(ReductionPlan.Keep(rows, count, trace)) { Positions = PositionRule.Compact };
        }
    }

    /// <summary>Parameters; the defaults are those for LLaVA-Video.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Reference layer, before which the scores are read off (official: 19 of 28); null for the same share of the loaded model's depth.
        /// </summary>
        [Parameter("reference layer, whose attention ranks; auto: as deep as layer 19 of 28", Symbol = "L", Minimum = 1)]
        public int? Layer { get; init; }

        /// <summary>Tokens kept in all, groups' shares rounded down (official: 6720); null for what the retention asks.</summary>
        [Parameter("tokens kept in all; auto: what the retention asks", Minimum = 0)]
        public int? TokenBudget { get; init; }

        /// <summary>Most frames in a group.</summary>
        [Parameter("most frames in a group", Minimum = 1)]
        public int GroupFrames { get; init; } = 64;

        /// <summary>How attention becomes one number a token.</summary>
        [Parameter("how attention becomes one number a token")]
        public ScoreKind Score { get; init; } = ScoreKind.Maximum;
    }
}
