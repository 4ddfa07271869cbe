using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// DyCoke. Temporal token merging, before the language model: of each group of frames the first stays whole, the others keep what differs
/// most from the same place before. Dynamic pruning while decoding: in each step an early layer's attention says which visual rows of the
/// cache the later layers may look at; nothing is deleted.
/// </summary>
/// <remarks>
/// "DyCoke: Dynamic Compression of Tokens for Fast Video Large Language Models", CVPR 2025, arXiv 2411.15024; KD-TAO/DyCoke at dd746349,
/// llava/model/llava_arch.py (dycole_ttm) and llava/model/language_model/modeling_qwen2.py (PrunableDynamicCache). In spite of the name,
/// tokens are dropped and none is merged.
/// </remarks>
public sealed class DyCoke(DyCoke.Options options) : ITokenReducer, ICacheReducer, IMultiPlaceMethod
{
    private const int OfficialLayer = 3;
    private const int OfficialDepth = 28;
    private const double OfficialHiddenShare = 0.8;

    private const int GroupFrames = 4;
    private const double NotCompared = 2;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "dycoke",
        Name = "DyCoke",
        Paper = "DyCoke: Dynamic Compression of Tokens for Fast Video Large Language Models, CVPR 2025",
        ArXiv = "2411.15024",
        OfficialCode = "KD-TAO/DyCoke dd7463498203479d0ff6f2d29c4e72928c0af244",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Cache,
        Family = MethodFamily.Temporal,
        ChooseWhen = "moderate retention at next to no cost: looks at each token once",
        BudgetRule = "exactly floor(retention * tokens): what whole frames leave is shared by the others; with removedShare, floor((1 - "
            + "removedShare) * tokens) of each reduced frame; while decoding, floor((1 - hiddenShare) * visual rows) are seen by the "
            + "later layers in steps whose attention has changed",
        Positions = PositionRule.Compact,
        ExtraCost = "in each decoding step one attention row of one layer, O(H S hd), and a copy of the visible keys and values in the "
            + "layers behind it",
        Deviations =
        [
            "While decoding: the attention of the step before starts afresh with each prompt; officially it survives from one video to "
                + "the next. At a retention of 1 nothing is hidden unless "
                + "hiddenShare is given. The layer is the same share of the depth as the official 3 of 28, unless given.",
            "Without removedShare the budget decides. Where the whole frames of groups of four would take more than 3/5 of it, groups "
                + "grow to 8, 16, ... frames (each frame is still compared with the latest one of a coarser step); where one whole frame "
                + "would, evenly spaced tokens of it stand for it. The paper has neither.",
            "A last odd frame, and the third frame of the last group, are treated like all others; the official code loses the one and "
                + "leaves the other whole (reproduce: as there).",
            "Tokens of a reduced frame keep their order in space; the official code lists the least similar first (reproduce: as there).",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public ICacheRun BeginCache(PrefillContext context) => BeginDecoding(context);

    /// <summary>Starts the decoding of one sequence.</summary>
    public Decoding BeginDecoding(PrefillContext context)
    {
        double hidden = options.HiddenShare ?? (options.Retention < 1 ? OfficialHiddenShare : 0);
        return new Decoding(hidden > 0 ? LayerDepth.Of(options.StepLayer, OfficialLayer, OfficialDepth, context.Layers)
            : null, hidden, options.RefreshThreshold);
    }

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        (int group, int[] counts) = options.RemovedShare is { } removed
            ? (GroupFrames, Given(frames, tokensPerFrame, removed))
            : Budgeted(frames, tokensPerFrame, Budgets.Total(options.Retention, input.Grid.Count));
        double[] similarity = new double[input.Grid.Count];
        Array.Fill(similarity, NotCompared);
        var kept = new List<int>();
        for (int t = 0; t < frames; t++)
        {
            int first = t * tokensPerFrame;
            if (IsWhole(t, frames, group))
            {
                kept.AddRange(EvenSpacing.Middles(tokensPerFrame, counts[t]).Select(n => first + n));
                continue;
            }
            if (IsLost(t, frames))
                continue;
            double[] likeness = TemporalSimilarity.Between(input.Features, tokensPerFrame, t, Reference(t, group));
            likeness.CopyTo(similarity, first);
            kept.AddRange(TopK.Smallest(likeness, counts[t], options.Reproduce ? EmitBy.Score : EmitBy.Place).Select(n => first + n));
        }
        return ReductionPlan.Keep(kept.ToArray(), input.Grid.Count,
            new PlanTrace { { PlanTrace.FrameBudgets, counts }, { "similarity", similarity } });
    }

    /// <summary>Steps 1, 2 and 5: the product in this order, as the official code has it, since it may fall a rounding error short of a
    /// whole number.</summary>
    private int[] Given(int frames, int tokensPerFrame, double removed)
    {
        int reduced = Budgets.Round((1 - removed) * tokensPerFrame, Rounding.Floor);
        return [.. Enumerable.Range(0, frames)
            .Select(t => IsWhole(t, frames, GroupFrames) ? tokensPerFrame : IsLost(t, frames) ? 0 : reduced)];
    }

    private (int Group, int[] Counts) Budgeted(int frames, int tokensPerFrame, int budget)
    {
        int most = frames == 1 ? budget : 3 * budget / 5;
        int group = GroupFrames;
        while (group < frames && (frames + group - 1) / group * tokensPerFrame > most)
            group *= 2;
        int wholeFrames = (frames + group - 1) / group;
        // Only a single whole frame can still exceed its share here.
        int whole = Math.Min(tokensPerFrame, Math.Max(1, most));
        int left = budget - wholeFrames * whole;
        int[] reduced = frames > wholeFrames ? Budgets.Equal(left, frames - wholeFrames) : [];
        int next = 0;
        return (group, [.. Enumerable.Range(0, frames).Select(t => IsWhole(t, frames, group) ? whole : reduced[next++])]);
    }

    private bool IsWhole(int frame, int frames, int group)
    {
        if (IsLost(frame, frames))
            return false;
        return frame % group == 0 || (options.Reproduce && frame % group == group / 2 && frame + group / 2 >= frames);
    }

    private bool IsLost(int frame, int frames) => options.Reproduce && frames % 2 == 1 && frame == frames - 1;

    // Odd frames look one back, the third of four two back, the fifth of eight four back.
    private static int Reference(int frame, int group)
    {
        int place = frame % group;
        return frame - (place & -place);
    }

    /// <summary>The decoding of one sequence: what each step may see, and what the step before it attended to.</summary>
    public sealed class Decoding : ICacheRun
    {
        private readonly double _hiddenShare;
        private readonly double _refreshThreshold;
        private double[] _previous = [];

        internal Decoding(int? firstLayer, double hiddenShare, double refreshThreshold) =>
            (FirstStepLayer, _hiddenShare, _refreshThreshold) = (firstLayer, hiddenShare, refreshThreshold);

        /// <inheritdoc/>
        public int? FirstStepLayer { get; }

        /// <summary>Cosine of the last step's attention with that of the step before; 0 for the first.</summary>
        public double Similarity { get; private set; }

        /// <inheritdoc/>
        public bool ActsAfterPrefill(int layer) => false;

        /// <inheritdoc/>
        public IReadOnlyList<IReadOnlyList<int>>? KeepAfterPrefill(CacheView view) => null;

        /// <inheritdoc/>
        public IReadOnlyList<int>? VisibleInStep(CacheView view)
        {
            // The last visual token, and a newline vector behind it, are never hidden.
            int prunable = view.VisualCount - 1;
            while (prunable > 0 && view.PlaceOf(view.VisualStart + prunable) < 0)
                prunable--;
            if (prunable < 1)
                return null;
            double[] attention = ReceivedAttention.Mean(view.Attention, view.VisualStart, prunable);
            Similarity = _previous.Length == 0 ? 0 : Primitives.Similarity.Cosine(attention, _previous);
            _previous = attention;
            if (Similarity >= _refreshThreshold)
                return null;
            int count = Budgets.Round(prunable * (1 - _hiddenShare), Rounding.Floor);
            return [.. TopK.Largest(attention, count, EmitBy.Place).Concat(Enumerable.Range(prunable, view.VisualCount - prunable))
                .Select(row => view.VisualStart + row)];
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Share dropped from each reduced frame (official: 0.7); null to drop what the retention asks for.</summary>
        [Parameter("share dropped from each reduced frame; auto: what the retention asks", Symbol = "K", Minimum = 0, Maximum = 1)]
        public double? RemovedShare { get; init; }

        /// <summary>First layer that sees less in a decoding step (official: 3 of 28); the layer before it gives the scores. Null for the
        /// same share of the loaded model's depth.</summary>
        [Parameter("first layer that sees less in a decoding step; auto: as deep as layer 3 of 28", Symbol = "l", Minimum = 1)]
        public int? StepLayer { get; init; }

        /// <summary>Share of the visual rows hidden in a step (official: 0.8; 0.7 in its table); null for 0.8, or 0 at a retention of
        /// 1.</summary>
        [Parameter("share of the visual rows hidden in a decoding step; auto: 0.8, or 0 at a retention of 1", Symbol = "P", Minimum = 0,
            Maximum = 1)]
        public double? HiddenShare { get; init; }

        /// <summary>A step whose attention is at least so similar to that of the step before sees everything.</summary>
        [Parameter("a step at least so similar to the one before sees everything")]
        public double RefreshThreshold { get; init; } = 0.9;

        /// <summary>Whether the official treatment of the last frames and the official order are kept; goes with
        /// <see cref="RemovedShare"/>.</summary>
        [Parameter("keep the official quirks (needs removedShare)")]
        public bool Reproduce { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            if (Reproduce && RemovedShare is null)
                throw new ArgumentException(
                    "reproduce needs removedShare: the official code knows no retention. Give both, such as removedShare=0.7.");
        }
    }
}
