using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// ViLAMP: key frames that answer the question and differ from each other go on as grids, every other frame as one token.
/// </summary>
/// <remarks>
/// "Scaling Video-Language Models to 10K Frames via Hierarchical Differential Distillation", ICML 2025, arXiv 2504.02438;
/// steven-ccq/ViLAMP at 0bc8a17. The official
/// model was trained with four linear maps: <see cref="ViLampMaps"/>. Without them the embeddings that the model offers are compared as
/// they are.
/// </remarks>
public sealed class ViLamp(ViLamp.Options options, ViLampMaps? maps = null) : ITokenReducer, IFrameSelector
{
    private static readonly SignalNeed[] ForFrames =
        [SignalNeed.Of(new SignalRequest(Signal.FrameEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings))];

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vilamp",
        Name = "ViLAMP",
        Paper = "Scaling Video-Language Models to 10K Frames via Hierarchical Differential Distillation, ICML 2025",
        ArXiv = "2504.02438",
        OfficialCode = "steven-ccq/ViLAMP 0bc8a1716989d4242527bc991c2ee3d10600fcdf",
        Places = MethodPlaces.Frames | MethodPlaces.AfterEncoder,
        Family = MethodFamily.Query,
        ChooseWhen = "very many frames and a question about few of them; embeddings shared by image and text",
        BudgetRule = "as many key frames as floor(retention * tokens) holds beside one token for every other frame; never less than"
            + " a token a frame",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "A frame is compared with the key frame before it; the official code looks the key frame's number up in the whole video"
                + " (reproduce).",
            "Without the trained maps the page's identity form: patches against the question in the space that both share, against"
                + " the key frame as tokens.",
            "Key frames stay whole unless poolKeyFrames: the tokens that reach a method are pooled already, the official ones are not.",
            "Where the model has no embedding of whole frames beside the question's, the mean of the frame's patch embeddings stands in.",
            "Equal similarities go to the lower index, where the official order is undefined.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs { get; } =
    [
        SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings)),
        SignalNeed.Wish(new SignalRequest(Signal.FrameEmbeddings)),
        .. maps is null ? new[] { SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)) } : [],
    ];

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> FrameNeeds => ForFrames;

    /// <inheritdoc/>
    public FrameChoice Select(FrameCandidates candidates) =>
        Choose(
            candidates.Require(Signal.FrameEmbeddings).AsMatrix(),
            FrameVectors.Question(candidates.Require(Signal.TextEmbeddings).AsMatrix()),
            candidates.Wanted);

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        TokenGrid grid = input.Grid;
        TokenMatrix text = FrameVectors.Question(input.Require(Signal.TextEmbeddings).AsMatrix());
        TokenMatrix frames = FrameVectors.BesideQuestion(input);
        (int rows, int columns) = options.PoolKeyFrames ? ((grid.Rows + 1) / 2, (grid.Columns + 1) / 2) : (grid.Rows, grid.Columns);
        FrameChoice choice = Choose(frames, text, options.MaxKeyframes ?? FittingKeyFrames(grid, rows * columns));
        RealMatrix weights = PatchWeights(input, text, choice.Indices);
        var keyFrames = choice.Indices.ToHashSet();
        var plan = new ReductionPlanBuilder(grid.Count);
        for (int frame = 0; frame < grid.Frames; frame++)
        {
            if (keyFrames.Contains(frame))
                GridResampling.Bilinear(plan, grid, frame, rows, columns);
            else
                EmitOne(plan, weights[frame], frame * grid.TokensPerFrame);
        }
        return plan.Build(new PlanTrace
        {
            { "key_frames", choice.Indices.ToArray() },
            { "greedy_key_frames", choice.Trace.Find<int>("greedy_key_frames")! },
            { "similarity", choice.Trace.Find<double>("similarity")! },
            { "patch_weights", weights.Values },
        });
    }

    /// <summary>Step 3 alone: fills key frames up to the wanted number, evenly in the gaps that they leave.</summary>
    /// <param name="keyFrames">Marked key frames.</param>
    /// <param name="wanted">How many there shall be; where more are marked already, none is added.</param>
    /// <returns>The marks after filling. Fewer than wanted where two fall on the same frame.</returns>
    public static bool[] FillGaps(ReadOnlySpan<bool> keyFrames, int wanted)
    {
        bool[] filled = keyFrames.ToArray();
        int spare = wanted - keyFrames.Count(true);
        if (spare <= 0)
            return filled;
        Segment[] gaps = Gaps(keyFrames);
        int step = 1;
        while (gaps.Sum(gap => Inner(gap, step)) > spare)
            step++;
        foreach (Segment gap in gaps)
        {
            int inner = Inner(gap, step), stride = (gap.Length + inner) / (inner + 1);
            for (int j = 1; j <= inner; j++)
                filled[Math.Min(gap.Start + stride * j, gap.Last)] = true;
        }
        int missing = spare - gaps.Sum(gap => Inner(gap, step));
        for (int frame = filled.Length - 1; frame >= 0 && missing > 0; frame--)
            if (!filled[frame])
                (filled[frame], missing) = (true, missing - 1);
        return filled;

        static int Inner(Segment gap, int step) => (gap.Length + step - 1) / step - 1;
    }

    private static Segment[] Gaps(ReadOnlySpan<bool> keyFrames)
    {
        var gaps = new List<Segment>();
        for (int frame = 0; frame < keyFrames.Length; frame++)
        {
            if (keyFrames[frame])
                continue;
            if (frame == 0 || keyFrames[frame - 1])
                gaps.Add(new Segment(frame, 1));
            else
                gaps[^1] = new Segment(gaps[^1].Start, gaps[^1].Length + 1);
        }
        return [.. gaps];
    }

    /// <summary>Steps 1 to 3: the frames most like the question that are not much like one taken before; then evenly.</summary>
    private FrameChoice Choose(TokenMatrix frames, TokenMatrix text, int wanted)
    {
        double[] similarity = Similarity.Cosines(frames, text).Values;
        var greedy = new List<int>();
        bool[] covered = new bool[frames.Count];
        foreach (int frame in TopK.Largest(similarity, frames.Count, EmitBy.Score))
        {
            if (greedy.Count == wanted || similarity[frame] < options.TextSimilarityThreshold)
                break;
            if (covered[frame])
                continue;
            greedy.Add(frame);
            double[] likeness = Similarity.Cosines(frames.Slice(frame, 1), frames).Values;
            for (int other = 0; other < covered.Length; other++)
                covered[other] |= likeness[other] > options.FrameSimilarityThreshold;
        }
        bool[] marks = new bool[frames.Count];
        foreach (int frame in greedy)
            marks[frame] = true;
        bool[] filled = FillGaps(marks, wanted);
        return new FrameChoice([.. Enumerable.Range(0, filled.Length).Where(frame => filled[frame])], trace: new PlanTrace
        {
            { "greedy_key_frames", greedy.Order().ToArray() },
            { "similarity", similarity },
        });
    }

    private int FittingKeyFrames(TokenGrid grid, int tokensPerKeyFrame)
    {
        int spare = Budgets.Total(options.Retention, grid.Count) - grid.Frames;
        return tokensPerKeyFrame == 1 ? grid.Frames : Math.Clamp(spare / (tokensPerKeyFrame - 1), 0, grid.Frames);
    }

    /// <summary>
    /// Steps 5 and 6: in every frame, patches weigh more the more they are like the question and the less they are like the reference at
    /// their place.
    /// </summary>
    /// <returns><c>[F, N]</c>, rows summing to one.</returns>
    private RealMatrix PatchWeights(ReductionInput input, TokenMatrix text, IReadOnlyList<int> keyFrames)
    {
        (int frames, int perFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        TokenMatrix question = maps?.Question.Apply(text) ?? text;
        TokenMatrix againstQuestion = maps?.PatchForQuestion.Apply(input.Features) ?? input.Require(Signal.ImageEmbeddings).AsMatrix();
        TokenMatrix againstReference = maps?.PatchForReference.Apply(input.Features) ?? input.Features;
        TokenMatrix references = maps?.Reference.Apply(input.Features) ?? input.Features;
        double[] relevance = Similarity.Cosines(againstQuestion, question).Values;
        var weights = new RealMatrix(frames, perFrame);
        for (int frame = 0; frame < frames; frame++)
        {
            int reference = ReferenceOf(frame, keyFrames);
            Span<double> row = weights[frame];
            for (int n = 0; n < perFrame; n++)
            {
                int patch = frame * perFrame + n;
                row[n] = (relevance[patch] - Similarity.Cosine(references[reference * perFrame + n], againstReference[patch]))
                    / options.Temperature;
            }
            TensorPrimitives.Subtract(row, TensorPrimitives.Max<double>(row), row);
            TensorPrimitives.SoftMax(row, row);
        }
        return weights;
    }

    private int ReferenceOf(int frame, IReadOnlyList<int> keyFrames)
    {
        int before = keyFrames.Count(keyFrame => keyFrame <= frame) - 1;
        return before < 0 ? frame : options.Reproduce ? before : keyFrames[before];
    }

    private static void EmitOne(ReductionPlanBuilder plan, ReadOnlySpan<double> weights, int first)
    {
        int[] members = new int[weights.Length];
        float[] shares = new float[weights.Length];
        for (int n = 0; n < members.Length; n++)
            (members[n], shares[n]) = (first + n, (float)weights[n]);
        plan.Sum(first + TensorPrimitives.IndexOfMax(weights), members, shares, members.Length);
    }

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Most key frames (32 officially); null takes as many as <see cref="ReducerOptions.Retention"/> holds.</summary>
        [Parameter("most key frames; auto fits the retention", Symbol = "M", Minimum = 0)]
        public int? MaxKeyframes { get; init; }

        /// <summary>A frame more like a key frame than this is skipped.</summary>
        [Parameter("a frame more like a key frame than this is skipped", Minimum = -1, Maximum = 1)]
        public double FrameSimilarityThreshold { get; init; } = 0.85;

        /// <summary>The greedy choice stops below this likeness to the question; even filling follows.</summary>
        [Parameter("the greedy choice stops below this likeness to the question", Minimum = -1, Maximum = 1)]
        public double TextSimilarityThreshold { get; init; } = 0.2;

        /// <summary>Temperature of the patches' softmax; learned in the official model, which starts at this.</summary>
        [Parameter("temperature of the patches' softmax", Minimum = 0, MinimumIsExcluded = true)]
        public double Temperature { get; init; } = 0.01;

        /// <summary>Whether key frames are pooled 2 x 2, as the official model does with its 27 x 27 patches.</summary>
        [Parameter("whether key frames are pooled 2 x 2")]
        public bool PoolKeyFrames { get; init; }

        /// <summary>References are looked up as the official code does: frame j of the video instead of key frame j.</summary>
        [Parameter("look references up in the whole video, as the official code does")]
        public bool Reproduce { get; init; }
    }
}
