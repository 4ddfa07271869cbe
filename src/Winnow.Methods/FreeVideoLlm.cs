using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// Free Video-LLM: a few frames close to the question and a few even ones, cropped around what was asked for; all frames as tiny grids.
/// </summary>
/// <remarks>
/// "Free Video-LLM: Prompt-guided Visual Perception for Efficient Training-free Video LLMs", 2024, arXiv 2410.10441;
/// contrastive/FreeVideoLLM at 1d62394,
/// free_video_llm/llava/model/llava_arch.py. A token may go on several times: in a crop and in its frame's tiny grid.
/// </remarks>
public sealed class FreeVideoLlm(FreeVideoLlm.Options options) : ITokenReducer, IFrameSelector
{
    private static readonly SignalNeed Text = SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "freevideollm",
        Name = "Free Video-LLM",
        Paper = "Free Video-LLM: Prompt-guided Visual Perception for Efficient Training-free Video LLMs, 2024",
        ArXiv = "2410.10441",
        OfficialCode = "contrastive/FreeVideoLLM 1d623943f06ae577d52300d7cf916ff147687a83",
        Places = MethodPlaces.Frames | MethodPlaces.AfterEncoder,
        Family = MethodFamily.Query,
        ChooseWhen = "the question is about something in one part of the picture; embeddings shared by image and text",
        BudgetRule = "at most floor(retention * tokens): 0.3 of it for tiny grids, the rest for whole crops, 3 near the question to"
            + " 5 even ones",
        Budget = BudgetPromise.AtMost,
        Order = PlanOrder.Own,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "A crop is a rectangle of the pooled picture; the official one reads pairs of neighbours as if rows had been pooled, so"
                + " its window is none (reproduce).",
            "An odd last row or column is pooled alone; officially it is dropped, or the crop fails (reproduce).",
            "Crops and the places they are centred on are never empty; officially small ratios leave nothing.",
            "Numbers of frames and the tiny grid that are not given follow the retention in the proportions of the official setting.",
            "Where the model has no embedding of whole frames beside the question's, the mean of the frame's patch embeddings stands in.",
            "Equal similarities go to the lower index; officially to the higher one.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs { get; } =
        [Text, SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)), SignalNeed.Wish(new SignalRequest(Signal.FrameEmbeddings))];

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> FrameNeeds { get; } = [SignalNeed.Of(new SignalRequest(Signal.FrameEmbeddings)), Text];

    /// <summary>Step 2: the frames closest to the question, in time order.</summary>
    /// <inheritdoc/>
    public FrameChoice Select(FrameCandidates candidates)
    {
        TokenMatrix question = FrameVectors.Question(candidates.Require(Signal.TextEmbeddings).AsMatrix());
        double[] similarity = Similarity.Cosines(candidates.Require(Signal.FrameEmbeddings).AsMatrix(), question).Values;
        return new FrameChoice(Closest(similarity, candidates.Wanted), trace: new PlanTrace { { "similarity", similarity } });
    }

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        TokenGrid grid = input.Grid;
        TokenMatrix question = FrameVectors.Question(input.Require(Signal.TextEmbeddings).AsMatrix());
        double[] similarity = Similarity.Cosines(FrameVectors.BesideQuestion(input), question).Values;
        Setting setting = Settle(grid);
        int[] slow = Closest(similarity, setting.Slow);
        int[] middle = EvenSpacing.Truncated(grid.Frames, setting.Middle + 1)[..setting.Middle];
        int[] fast = Closest(similarity, setting.Fast);

        var plan = new ReductionPlanBuilder(grid.Count);
        int[] slowBoxes = EmitCrops(plan, input, question, slow, options.SlowPooling);
        int[] middleBoxes = EmitCrops(plan, input, question, middle, options.MiddlePooling);
        foreach (int frame in fast)
            GridResampling.Average(plan, grid, frame, setting.Rows, setting.Columns);
        return plan.Build(new PlanTrace
        {
            { "similarity", similarity },
            { "slow_frames", slow },
            { "middle_frames", middle },
            { "fast_frames", fast },
            { "slow_boxes", slowBoxes },
            { "middle_boxes", middleBoxes },
        });
    }

    private static int[] Closest(double[] similarity, int count) =>
        TopK.Largest(similarity, Math.Min(count, similarity.Length), EmitBy.Place);

    /// <summary>What is not given follows the retention: three tenths for the tiny grids, the rest for crops.</summary>
    private Setting Settle(TokenGrid grid)
    {
        int budget = Budgets.Total(options.Retention, grid.Count);
        int forFast = (int)(budget * 0.3), perFrame = Math.Max(1, forFast / grid.Frames);
        int rows = Math.Min(grid.Rows, (int)Math.Sqrt(perFrame)), columns = Math.Min(grid.Columns, perFrame / rows);
        (rows, columns) = (options.FastRows ?? rows, options.FastColumns ?? columns);
        int fast = options.FastFrames ?? Math.Min(grid.Frames, forFast / (rows * columns));
        int perCrop = Math.Max(CropSize(grid, options.SlowPooling), CropSize(grid, options.MiddlePooling));
        int crops = Math.Max(0, budget - Math.Min(fast, grid.Frames) * rows * columns) / perCrop;
        int slow = options.SlowFrames ?? Math.Min(grid.Frames, (3 * crops + 7) / 8);
        int middle = options.MiddleFrames ?? Math.Min(grid.Frames, Math.Max(0, crops - slow));
        bool nothing = slow == 0 && middle == 0 && fast == 0;
        return nothing ? new Setting(0, 0, Math.Min(budget, grid.Frames), 1, 1) : new Setting(slow, middle, fast, rows, columns);
    }

    private int CropSize(TokenGrid grid, FramePooling pooling)
    {
        PooledFrame pooled = PooledFrame.Of(grid, pooling, options.Reproduce);
        return options.CropRatio == 1 ? pooled.Cells.Length : Side(pooled.Rows) * Side(pooled.Columns);
    }

    private int Side(int whole)
    {
        int side = (int)Math.Round(whole * Math.Sqrt(options.CropRatio), MidpointRounding.ToEven);
        return options.Reproduce ? side : Math.Max(1, side);
    }

    /// <summary>Steps 3 and 4: pools the frames and cuts each to the window around what is closest to the question.</summary>
    /// <returns>Left, right, top and bottom of every frame's window, or nothing without a crop.</returns>
    private int[] EmitCrops(ReductionPlanBuilder plan, ReductionInput input, TokenMatrix question, int[] frames, FramePooling pooling)
    {
        PooledFrame pooled = PooledFrame.Of(input.Grid, pooling, options.Reproduce);
        var boxes = new List<int>();
        foreach (int frame in frames)
        {
            Box box = options.CropRatio == 1 ? new Box(0, pooled.Columns, 0, pooled.Rows) : Window(pooled, input, frame, question);
            if (options.CropRatio < 1)
                boxes.AddRange([box.Left, box.Right, box.Top, box.Bottom]);
            for (int cell = 0; cell < pooled.Cells.Length; cell++)
                if (options.CropRatio == 1 || box.Contains(cell / pooled.Columns, cell % pooled.Columns))
                    pooled.Emit(plan, cell, frame * input.Grid.TokensPerFrame);
        }
        return [.. boxes];
    }

    /// <summary>
    /// Step 4: a window of the wanted size around the mean place of the cells closest to the question, shifted into the grid.
    /// </summary>
    private Box Window(PooledFrame pooled, ReductionInput input, int frame, TokenMatrix question)
    {
        if (pooled.Rows * pooled.Columns != pooled.Cells.Length)
            throw new ArgumentException(
                $"The official code reads {pooled.Cells.Length} pooled tokens as {pooled.Rows} rows of {pooled.Columns} and fails; set"
                    + " cropRatio to 1, or reproduce to false.",
                nameof(input));
        TokenMatrix patches = input.Require(Signal.ImageEmbeddings).AsMatrix()
            .Slice(frame * input.Grid.TokensPerFrame, input.Grid.TokensPerFrame);
        double[] closeness = Similarity.Cosines(pooled.Apply(patches), question).Values;
        int count = Math.Max(1, (int)(closeness.Length * options.CropRatio));
        int[] closest = TopK.Largest(closeness, count, EmitBy.Place);
        int row = (int)((float)closest.Sum(cell => cell / pooled.Columns) / count),
            column = (int)((float)closest.Sum(cell => cell % pooled.Columns) / count);
        (int left, int right) = Fit(column, Side(pooled.Columns), pooled.Columns);
        (int top, int bottom) = Fit(row, Side(pooled.Rows), pooled.Rows);
        return new Box(left, right, top, bottom);
    }

    private static (int From, int To) Fit(int centre, int size, int limit)
    {
        int from = Math.Max(0, centre - size / 2);
        return from + size > limit ? (limit - size, limit) : (from, from + size);
    }

    private readonly record struct Box(int Left, int Right, int Top, int Bottom)
    {
        public bool Contains(int row, int column) => row >= Top && row < Bottom && column >= Left && column < Right;
    }

    /// <summary>How many frames each path takes, and the size of the tiny grids.</summary>
    private readonly record struct Setting(int Slow, int Middle, int Fast, int Rows, int Columns);

    /// <summary>Parameters; those that the retention settles are 3, 5, all and 4 x 4 in the official setting.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Frames closest to the question that go on as crops; null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("crops of frames closest to the question; auto follows the retention", Minimum = 0)]
        public int? SlowFrames { get; init; }

        /// <summary>How those frames are pooled.</summary>
        [Parameter("how the frames closest to the question are pooled")]
        public FramePooling SlowPooling { get; init; } = FramePooling.PairMaximum;

        /// <summary>Evenly spaced frames that go on as crops; null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("crops of evenly spaced frames; auto follows the retention", Minimum = 0)]
        public int? MiddleFrames { get; init; }

        /// <summary>How those frames are pooled.</summary>
        [Parameter("how the evenly spaced frames are pooled")]
        public FramePooling MiddlePooling { get; init; } = FramePooling.PairMaximum;

        /// <summary>Share of the picture that a crop keeps; 1 for no crop.</summary>
        [Parameter("share of the picture that a crop keeps; 1 for no crop", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double CropRatio { get; init; } = 0.8;

        /// <summary>
        /// Frames that go on as tiny grids, those closest to the question first; null follows <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("frames that go on as tiny grids; auto follows the retention", Minimum = 0)]
        public int? FastFrames { get; init; }

        /// <summary>Rows of a tiny grid; null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("rows of a tiny grid; auto follows the retention", Minimum = 1)]
        public int? FastRows { get; init; }

        /// <summary>Columns of a tiny grid; null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("columns of a tiny grid; auto follows the retention", Minimum = 1)]
        public int? FastColumns { get; init; }

        /// <summary>Pools and crops on the grid that the official code assumes.</summary>
        [Parameter("pool and crop on the grid that the official code assumes")]
        public bool Reproduce { get; init; }
    }
}
