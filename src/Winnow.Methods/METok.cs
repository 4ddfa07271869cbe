using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// METok. Stage 1, before the language model: the video is cut into events; those that match the question keep a fine grid, the others a
/// coarse one. Stage 2, before three of its layers: events are thinned, then all but the key events leave, then these too. Stage 3: caches
/// between the layers are trimmed, so that decoding sees the video in the first ones.
/// </summary>
/// <remarks>
/// "METok: Multi-Stage Event-based Token Compression for Efficient Long Video Understanding", EMNLP 2025, arXiv 2506.02850; mnyuew/METok at
/// b5abde1f, llava/model/llava_arch.py (segment_shots, process_events, get_2dPool) and llava/model/language_model/modeling_qwen2.py (the
/// pruning and the cache block of Qwen2Model.forward).
/// </remarks>
public sealed class METok(METok.Options options) : ITokenReducer, IPrefillReducer, IMultiPlaceMethod
{
    private const int OfficialDepth = 28;
    private const double OfficialKeepRatio = 0.76;
    private const string KeyEventNumbers = "key_events";
    private static readonly int[] OfficialLayers = [3, 10, 19];
    private static readonly PrefillNeeds TextRows = new() { Attention = new AttentionRequest(AttentionQueries.TextAfterVideo) };

    private static readonly SignalNeed Scores =
        SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings), new SignalRequest(Signal.FrameScores));
    private static readonly SignalNeed Question = SignalNeed.Wish(new SignalRequest(Signal.TextEmbeddings));

    /// <summary>How a frame's grid is made coarser.</summary>
    public enum Pooling
    {
        /// <summary>Interpolation between the nearest places.</summary>
        Bilinear,

        /// <summary>Means of windows.</summary>
        Average,

        /// <summary>Maxima of windows.</summary>
        Maximum,
    }

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "metok",
        Name = "METok",
        Paper = "METok: Multi-Stage Event-based Token Compression for Efficient Long Video Understanding, EMNLP 2025",
        ArXiv = "2506.02850",
        OfficialCode = "mnyuew/METok b5abde1fdbfa7b3675bad737ab31caa3842c470e",
        Places = MethodPlaces.AfterEncoder | MethodPlaces.Prefill | MethodPlaces.Cache,
        Family = MethodFamily.Query,
        ChooseWhen = "questions about one part of a long video",
        BudgetRule = "the finest grids in the proportion 1 : 2 : 4, then finer ones where they fit, of at most floor(retention * tokens); "
            + "at least one token a frame; with stride, whatever it leaves; inside the model ceil(keepRatio * event) of each event, half "
            + "as much of those that are no key events, none from the third layer on",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        ExtraCost = "inside the model the attention rows of the text after the video in three layers, O(T H S hd) each",
        Deviations =
        [
            "Inside the model: a newline vector belongs to the event before it. Without a plan of its own stage 1 the whole video is one "
                + "key event.",
            "At a retention of 1 nothing leaves there unless keepRatio is given. Layers are the same shares of the depth as the official "
                + "3, 10, 19 of 28, unless given.",
            "Without a stride the budget decides it; the paper's strides count places of the tower's grid (27 x 27), those here the "
                + "places of the model's pooled one.",
            "Where no scores of frames are given, a frame's score is the cosine of its mean image embedding with the question.",
            "Newline vectors after each event are the host model's and no part of the plan. Fewer frames than cuts: every frame is an "
                + "event; the official code fails.",
            "A stride beyond the grid leaves one token; the official code fails.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Scores, Question];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Active(Card.Places);

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (TokenGrid grid, int frames) = (input.Grid, input.Grid.Frames);
        double[] similarity = FrameMeans.AdjacentCosines(FrameMeans.Of(input.Features, grid.TokensPerFrame));
        Segment[] events = Segmentation.FromCuts(Segmentation.CutsLowest(similarity, Math.Min(options.Cuts, frames - 1)), frames);
        double[] scores = FrameScores(input);
        double[] relevance = Array.ConvertAll(events, item => scores[item.Start..item.End].Max());
        int[] keyEvents = TopK.Largest(relevance, Math.Min(options.KeyEvents, events.Length), EmitBy.Place);
        int[] levels = [.. events.SelectMany((item, e) => Levels(scores[item.Start..item.End], keyEvents.Contains(e)))];
        double[] strides = options.Stride is { } stride ? StridesFrom(stride)
            : FinestStrides(grid, levels, Budgets.Total(options.Retention, grid.Count));
        var plan = new ReductionPlanBuilder(grid.Count);
        int[] frameTokens = new int[frames];
        for (int t = 0; t < frames; t++)
        {
            int before = plan.Count;
            Pool(plan, grid, t, strides[levels[t]]);
            frameTokens[t] = plan.Count - before;
        }
        return plan.Build(new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(events) },
            { PlanTrace.FrameBudgets, frameTokens },
            { "similarity", similarity },
            { "relevance", relevance },
            { KeyEventNumbers, keyEvents },
        });
    }

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        if (options.KeepRatio is null && options.Retention >= 1)
            return StagedRun.Nothing;
        int[] layers = LayerDepth.Of(options.InnerLayers, OfficialLayers, OfficialDepth, context.Layers);
        int[] events = EventOfRows(context), keyEvents = context.Plan?.Trace.Find<int>(KeyEventNumbers) ?? [0];
        IReadOnlyList<int> second = [];
        return new StagedRun(layers, TextRows, (stage, view) =>
        {
            PrefillStep step = Thin(view, stage, events, keyEvents);
            if (stage == 1)
                second = step.Plan.Places;
            // Stage 3: what has left by now leaves the caches of the layers between the stops as well.
            return stage < OfficialLayers.Length - 1 ? step : step with
            {
                CacheCuts =
                [
                    new CacheCut(layers[0], layers[1] - layers[0], [.. step.Plan.Places.Select(row => second[row])]),
                    new CacheCut(layers[1], layers[2] - layers[1], step.Plan.Places),
                ],
            };
        });
    }

    /// <summary>Stage 2: of each event the rows that the text after the video attends to most.</summary>
    private PrefillStep Thin(PrefillView view, int stage, int[] events, int[] keyEvents)
    {
        double ratio = options.KeepRatio ?? OfficialKeepRatio;
        double[] scores = ReceivedAttention.Mean(view.Attention!, view.VisualStart, view.VisualCount);
        var kept = new List<int>();
        foreach (IGrouping<int, int> rows in Enumerable.Range(view.VisualStart, view.VisualCount)
            .GroupBy(row => events[view.Origins[row] - view.VisualStart]))
        {
            bool isKey = keyEvents.Contains(rows.Key);
            int[] members = [.. rows];
            bool leaves = isKey ? stage == OfficialLayers.Length - 1 : stage > 0;
            int count = leaves ? 0 : Math.Max(1, Budgets.Round(ratio * members.Length / (isKey ? 1 : 2), Rounding.Ceiling));
            kept.AddRange(TopK.Largest(Array.ConvertAll(members, row => scores[row - view.VisualStart]), count, EmitBy.Place)
                .Select(i => members[i]));
        }
        return PrefillStep.KeepVisual(view, kept);
    }

    /// <summary>The event of every visual row that enters the model.</summary>
    private static int[] EventOfRows(PrefillContext context)
    {
        int[] starts = context.Plan?.Trace.Find<int>(PlanTrace.SegmentStarts) ?? [0], events = new int[context.VisualCount];
        for (int row = 0; row < events.Length; row++)
            events[row] = context.Places[row] is >= 0 and int place
                ? Array.FindLastIndex(starts, start => start <= context.Grid.FrameOf(place)) : row > 0 ? events[row - 1] : 0;
        return events;
    }

    private static double[] FrameScores(ReductionInput input)
    {
        if (input.Find(Signal.FrameScores) is { } given)
            return Array.ConvertAll(given.Values.ToArray(), score => (double)score);
        TokenMatrix question = input.Require(Question).AsMatrix();
        float[] whole = question[0].ToArray();
        for (int run = 1; run < question.Count; run++)
            System.Numerics.Tensors.TensorPrimitives.Max(whole, question[run], whole);
        TokenMatrix frames = FrameMeans.Of(input.Require(Scores).AsMatrix(), input.Grid.TokensPerFrame).ToVectors();
        return [.. Enumerable.Range(0, frames.Count).Select(t => Similarity.Cosine(frames[t], whole))];
    }

    /// <summary>Step 4: which of the three strides each frame of an event gets, the finest being 0.</summary>
    private IEnumerable<int> Levels(double[] scores, bool isKey)
    {
        int sharp = isKey ? 0 : 1;
        int[] best = TopK.Largest(scores, Math.Min(options.SharpFrames, scores.Length), EmitBy.Place);
        return scores.Select((_, t) => scores.Length == 1 || best.Contains(t) ? sharp : sharp + 1);
    }

    private static double[] StridesFrom(double finest) => [finest, 2 * finest, 4 * finest];

    /// <summary>The finest strides s, 2s and 4s within the budget; what they leave of it makes the key events finer, then the
    /// others.</summary>
    private double[] FinestStrides(TokenGrid grid, int[] levels, int budget)
    {
        // Strides worth trying are those that give some level another number of rows or columns.
        IEnumerable<double> candidates = options.Mode == Pooling.Bilinear
            ? from side in new[] { grid.Rows, grid.Columns }
              from parts in Enumerable.Range(1, side)
              from level in new[] { 1, 2, 4 }
              select (double)side / (parts * level)
            : Enumerable.Range(1, Math.Max(grid.Rows, grid.Columns)).Select(stride => (double)stride);
        double[] tried = [.. candidates.Distinct().Order()];
        double[] strides = StridesFrom(tried.FirstOrDefault(finest => Fits(StridesFrom(finest)), tried[^1]));
        for (int level = 0; level < strides.Length; level++)
            strides[level] = tried.FirstOrDefault(finer =>
                finer < strides[level] && Fits([.. strides[..level], finer, .. strides[(level + 1)..]]), strides[level]);
        return strides;

        bool Fits(double[] trial) => levels.Sum(level => (long)Size(grid, trial[level]).Count) <= budget;
    }

    /// <summary>Step 5: rows and columns that a stride leaves.</summary>
    private (int Rows, int Columns, int Count) Size(TokenGrid grid, double stride)
    {
        int rows = Side(grid.Rows), columns = Side(grid.Columns);
        return (rows, columns, rows * columns);

        // A stride of side / parts must give back parts, so a rounding error above a whole number is no further part.
        int Side(int side) => options.Mode == Pooling.Bilinear ? Math.Clamp((int)Math.Ceiling(side / stride - 1e-9), 1, side)
            : Math.Max(1, side / (int)stride);
    }

    private void Pool(ReductionPlanBuilder plan, TokenGrid grid, int frame, double stride)
    {
        (int rows, int columns, _) = Size(grid, stride);
        if (options.Mode == Pooling.Bilinear)
        {
            GridResampling.Bilinear(plan, grid, frame, rows, columns);
            return;
        }
        (int height, int width) = (Math.Min((int)stride, grid.Rows), Math.Min((int)stride, grid.Columns));
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
            {
                int[] window = [.. from r in Enumerable.Range(row * height, height) from c in Enumerable.Range(column * width, width)
                    select (frame * grid.Rows + r) * grid.Columns + c];
                int centre = window[height / 2 * width + width / 2];
                if (options.Mode == Pooling.Maximum)
                    plan.Maximum(centre, window);
                else
                    plan.Mean(centre, window);
            }
    }

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : MultiPlaceOptions
    {
        /// <summary>Cuts between the least similar neighbouring frames; there is one event more.</summary>
        [Parameter("cuts; there is one event more", Minimum = 0)]
        public int Cuts { get; init; } = 4;

        /// <summary>Events of highest relevance that keep a fine grid.</summary>
        [Parameter("events that keep a fine grid", Minimum = 0)]
        public int KeyEvents { get; init; } = 3;

        /// <summary>Frames of highest score in an event that get the event's finer stride.</summary>
        [Parameter("frames of an event at its finer stride", Minimum = 0)]
        public int SharpFrames { get; init; } = 6;

        /// <summary>Stride of the sharp frames of key events, in places of the given grid (official: 2 on the tower's grid); their other
        /// frames and the sharp ones of other events have twice as much, the rest four times. Null for the finest that meets the
        /// retention.</summary>
        [Parameter("finest stride, others are 2 and 4 times as coarse; auto: what the retention asks", Minimum = 1)]
        public int? Stride { get; init; }

        /// <summary>How grids are made coarser.</summary>
        [Parameter("how grids are made coarser")]
        public Pooling Mode { get; init; } = Pooling.Bilinear;

        /// <summary>The three layers before which rows leave inside the model (official: 3, 10, 19 of 28); null for the same shares of the
        /// loaded model's depth.</summary>
        [Parameter("the three layers before which rows leave; auto: as deep as 3, 10, 19 of 28", Minimum = 1)]
        public IReadOnlyList<int>? InnerLayers { get; init; }

        /// <summary>Share of a key event's rows that each of the first two stops keeps (official: 0.76); null for that, or nothing at all
        /// at a retention of 1.</summary>
        [Parameter("share of a key event's rows that each stop keeps; auto: 0.76, or all at a retention of 1", Minimum = 0, Maximum = 1)]
        public double? KeepRatio { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            if (InnerLayers is not null && InnerLayers.Count != OfficialLayers.Length)
                throw new ArgumentException($"innerLayers names {InnerLayers.Count} layers; the method acts before exactly three.");
        }
    }
}
