using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>VisionZip: in every frame the most attended tokens as they are, and a few context tokens that sum up the rest.</summary>
/// <remarks>
/// "VisionZip: Longer is Better but Not Necessary in Vision Language Models", CVPR 2025, arXiv 2412.04467. Follows
/// dvlab-research/VisionZip, commit 3151f6d. The official code also keeps the class token itself; the language model's tokens
/// here do not include it.
/// </remarks>
public sealed class VisionZip(VisionZip.Options options) : ITokenReducer
{
    // The examples of the official README keep 10 contextual tokens of 64.
    private const double ContextualShare = 10.0 / 64;

    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "visionzip",
        Name = "VisionZip",
        Paper = "VisionZip: Longer is Better but Not Necessary in Vision Language Models, CVPR 2025",
        ArXiv = "2412.04467",
        OfficialCode = "dvlab-research/VisionZip 3151f6d",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "attention of the vision tower is at hand and the background shall leave a trace",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; 10 of 64 of them contextual",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Averages = false,
        Deviations =
        [
            "A context token is its target plus the mean of the tokens that join it, as in the official code: about twice"
                + " as long as an average.",
            "Tokens merge after the projector; the official code merges before it.",
            "The class token is not among the kept tokens, since the language model does not see it here.",
            "Towers without a class token (SigLIP) use the mean attention that each place receives, and compare keys of all heads side by"
                + " side instead of their mean over heads.",
            "More contextual tokens than remain are refused by the official code; here as many as remain are kept.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention, SignalNeed.Of(new SignalRequest(Signal.EncoderKeys))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int perFrame = input.Grid.TokensPerFrame;
        SignalValue attention = input.Require(Attention);
        double[] scores = AttentionScores.OfPlaces(attention, input.Grid.Count);
        TokenMatrix metric = MeanOverHeads(input.Require(Signal.EncoderKeys), attention.Shape.Count == 3 ? attention.Shape[1] : 1);
        (int dominant, int contextual) = Counts(perFrame);
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        var log = new Log();
        for (int t = 0; t < input.Grid.Frames; t++)
        {
            int first = t * perFrame;
            int[] kept = TopK.Largest(scores.AsSpan(first, perFrame), dominant, EmitBy.Score);
            log.Ranked.AddRange(kept);
            foreach (int place in kept.Order())
                plan.Keep(first + place);
            int[] rest = [.. Enumerable.Range(0, perFrame).Except(kept)];
            Summarize(plan, metric.Slice(first, perFrame), first, rest, Math.Min(contextual, rest.Length), log);
        }
        return plan.Build(log.Trace(scores));
    }

    /// <summary>Even strides through the rest give the targets; every other token joins the target whose key is most similar.</summary>
    private static void Summarize(ReductionPlanBuilder plan, TokenMatrix keys, int first, int[] rest, int contextual, Log log)
    {
        if (contextual == 0)
            return;
        int stride = Math.Max(1, rest.Length / contextual);
        int[] targets = [.. Enumerable.Range(0, contextual).Select(i => rest[i * stride])];
        int[] others = [.. rest.Except(targets)];
        RealMatrix similarity = Similarity.Cosines(Rows(keys, others), Rows(keys, targets));
        int[] assignment = [.. Enumerable.Range(0, others.Length).Select(i => TensorPrimitives.IndexOfMax<double>(similarity[i]))];
        log.Add(targets, others, assignment);
        int[][] joining = Merging.Members(assignment, contextual);
        for (int c = 0; c < contextual; c++)
        {
            int[] members = [first + targets[c], .. joining[c].Select(i => first + others[i])];
            float[] weights = new float[members.Length];
            Array.Fill(weights, 1f / Math.Max(1, joining[c].Length));
            weights[0] = 1;
            plan.Sum(members[0], members, weights, members.Length);
        }
    }

    private (int Dominant, int Contextual) Counts(int perFrame)
    {
        int budget = Budgets.PerFrame(null, options.Retention, perFrame);
        int contextual = options.Contextual
            ?? (options.Dominant is int given ? Math.Max(0, budget - given) : Budgets.Round(budget * ContextualShare, Rounding.HalfEven));
        int dominant = options.Dominant ?? Math.Max(0, budget - contextual);
        if (dominant > perFrame)
            throw new ArgumentException($"dominant is {dominant}; a frame has {perFrame} tokens. Give at most {perFrame}.");
        return dominant + contextual > 0 ? (dominant, contextual) : throw new ArgumentException(
            "dominant and contextual are both 0, which keeps nothing; give one of them at least 1.");
    }

    private static TokenMatrix MeanOverHeads(SignalValue keys, int heads)
    {
        int width = keys.Shape[^1];
        if (heads == 1)
            return keys.AsMatrix();
        if (width % heads != 0)
            throw new ArgumentException($"Keys of width {width} do not divide into {heads} heads.");
        TokenMatrix whole = keys.AsMatrix();
        float[] mean = new float[whole.Count * (width / heads)];
        for (int i = 0; i < whole.Count; i++)
        {
            Span<float> target = mean.AsSpan(i * (width / heads), width / heads);
            for (int h = 0; h < heads; h++)
                TensorPrimitives.Add(target, whole[i].Slice(h * target.Length, target.Length), target);
            TensorPrimitives.Divide(target, heads, target);
        }
        return new TokenMatrix(mean, width / heads);
    }

    private static TokenMatrix Rows(TokenMatrix source, int[] rows)
    {
        float[] values = new float[rows.Length * source.Dimension];
        for (int i = 0; i < rows.Length; i++)
            source[rows[i]].CopyTo(values.AsSpan(i * source.Dimension));
        return new TokenMatrix(values, source.Dimension);
    }

    /// <summary>Places inside their frames, frame after frame.</summary>
    private sealed class Log
    {
        private readonly List<int> _targets = [], _others = [], _assignment = [];

        public List<int> Ranked { get; } = [];

        public void Add(int[] targets, int[] others, int[] assignment)
        {
            _targets.AddRange(targets);
            _others.AddRange(others);
            _assignment.AddRange(assignment);
        }

        public PlanTrace Trace(double[] scores) => new()
        {
            { "scores", scores },
            { "dominant", Ranked.ToArray() },
            { "targets", _targets.ToArray() },
            { "others", _others.ToArray() },
            { "assignment", _assignment.ToArray() },
        };
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Unmerged tokens of each frame, the class token not counted; null: from the retention.</summary>
        [Parameter("unmerged tokens of every frame", Minimum = 0)]
        public int? Dominant { get; init; }

        /// <summary>Merged tokens of each frame; null: from the retention.</summary>
        [Parameter("merged tokens of every frame", Minimum = 0)]
        public int? Contextual { get; init; }
    }
}
