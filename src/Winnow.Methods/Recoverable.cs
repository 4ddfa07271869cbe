using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// Recoverable Compression: attended tokens stay, those that the question points at come back, and what is left
/// gathers around a few centres.
/// </summary>
/// <remarks>
/// "Recoverable Compression: A Multimodal Vision Token Recovery Mechanism Guided by Text Information", AAAI 2025, arXiv 2409.01179. Follows
/// banjiuyufen/Recoverable-Compression, commit d927594, llava/model/multimodal_encoder/clip_encoder.py.
/// </remarks>
public sealed class Recoverable(Recoverable.Options options) : ITokenReducer
{
    private const int ManyNeighbours = 20, FewNeighbours = 10;
    private const double OutlierLimit = 1.5;

    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassQuery), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "recoverable",
        Name = "Recoverable Compression",
        Paper = "Recoverable Compression: A Multimodal Vision Token Recovery Mechanism Guided by Text Information, AAAI 2025",
        ArXiv = "2409.01179",
        OfficialCode = "banjiuyufen/Recoverable-Compression d927594",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Query,
        ChooseWhen = "the question asks for something that does not catch the eye",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one: half by attention, a quarter by"
            + " question, the rest centres and one token for what is left",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Averages = false,
        Deviations =
        [
            "The retention decides the counts, in shares chosen by this project; the official code counts outliers (adaptive).",
            "In adaptive mode the number of centres is a share of the tokens left, and neighbours are compared by their own keys; the"
                + " official code takes a share of the feature width, and keys of other places (reproduce does too).",
            "Fewer neighbours than 32, or more centres than tokens, are capped; the official code fails.",
            "Neighbours are added with their raw attention as weight, as in the official code.",
            "Tokens merge after the projector; the official code merges before it.",
            "Towers without a class token (SigLIP) use the mean attention that each place receives.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs =>
    [
        Attention, SignalNeed.Wish(new SignalRequest(Signal.ClassKey)), SignalNeed.Of(new SignalRequest(Signal.EncoderKeys)),
        SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings)),
    ];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int perFrame = input.Grid.TokensPerFrame;
        TokenMatrix keys = input.Require(Signal.EncoderKeys).AsMatrix(), embeddings = input.Require(Signal.ImageEmbeddings).AsMatrix();
        double[] attention = input.Find(Signal.ClassQuery) is { } query
            ? AttentionScores.OfClassQuery(query.AsMatrix(), input.Require(Signal.ClassKey).AsMatrix(), keys)
            : AttentionScores.OfPlaces(input.Require(Signal.ReceivedAttention), input.Grid.Count);
        double[] texts = Similarity.Cosines(embeddings, FrameVectors.Question(input.Require(Signal.TextEmbeddings).AsMatrix())).Values;
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        var log = new PlanTrace();
        for (int t = 0; t < input.Grid.Frames; t++)
        {
            var frame = new Frame(attention[(t * perFrame)..((t + 1) * perFrame)],
                Array.ConvertAll(texts[(t * perFrame)..((t + 1) * perFrame)], cosine => cosine / Math.Sqrt(embeddings.Dimension)));
            Counts counts = options.Adaptive ? default : FixedCounts(Budgets.PerFrame(null, options.Retention, perFrame));
            Recover(frame, counts);
            Gather(frame, counts, Similarity.Cosines(keys.Slice(t * perFrame, perFrame)), input.Features.Dimension);
            Emit(plan, frame, t * perFrame);
            frame.AddTo(log, t);
        }
        return plan.Build(log);
    }

    private readonly record struct Counts(int Vision, int Text, int Centres);

    // The token for what is left is the last of the centres' share; alone it would stand for nothing kept.
    private static Counts FixedCounts(int budget)
    {
        int text = budget / 4, centres = Math.Max(0, budget / 4 - 1), left = centres > 0 ? 1 : 0;
        return new Counts(budget - text - centres - left, text, centres);
    }

    /// <summary>The tokens that stay as they are: the most attended, then those of the others that are most like the question.</summary>
    private void Recover(Frame frame, Counts counts)
    {
        int places = frame.Attention.Length;
        frame.VisionFactors = options.Adaptive ? LocalOutlierFactor.Of(frame.Attention, ManyNeighbours) : [];
        int vision = options.Adaptive ? Share(places, frame.VisionFactors, places) : counts.Vision;
        frame.ByVision = TopK.Largest(frame.Attention, vision, EmitBy.Score);
        double least = frame.Text.Min();
        frame.MaskedText = [.. frame.Text];
        foreach (int place in frame.ByVision)
            frame.MaskedText[place] = least;
        frame.TextFactors = options.Adaptive ? LocalOutlierFactor.Of(frame.MaskedText, ManyNeighbours) : [];
        int text = options.Adaptive ? Share(places - vision, frame.TextFactors, places) : counts.Text;
        double[] candidates = [.. frame.MaskedText];
        foreach (int place in frame.ByVision)
            candidates[place] = double.NegativeInfinity;
        frame.ByText = TopK.Largest(candidates, text, EmitBy.Score);
        frame.Kept = [.. frame.ByVision.Concat(frame.ByText).Order()];
        frame.Left = [.. Enumerable.Range(0, places).Except(frame.Kept)];
    }

    /// <summary>
    /// Centres among the tokens that are left, each with its nearest neighbours by keys and question. Numbers count inside that list.
    /// </summary>
    private void Gather(Frame frame, Counts counts, RealMatrix similarity, int width)
    {
        const double TextFactor = 50;
        int[] left = frame.Left;
        double[] attention = Array.ConvertAll(left, place => frame.Attention[place]);
        frame.LeftFactors = options.Adaptive && left.Length > 0 ? LocalOutlierFactor.Of(attention, FewNeighbours) : [];
        int centres = options.Adaptive ? Share(options.Reproduce ? width : left.Length, frame.LeftFactors, left.Length) : counts.Centres;
        frame.Centres = TopK.Largest(attention, Math.Min(centres, left.Length), EmitBy.Score);
        frame.Others = [.. Enumerable.Range(0, left.Length).Except(frame.Centres)];
        frame.Neighbours = new int[frame.Centres.Length][];
        for (int c = 0; c < frame.Centres.Length; c++)
        {
            int centre = frame.Centres[c];
            int[] candidates = [.. frame.Centres.Where(other => other != centre), .. frame.Others];
            // The official code looks keys up by number inside the list, as if it held all places.
            ReadOnlySpan<double> row = similarity[options.Reproduce ? centre : left[centre]];
            double[] scores = new double[candidates.Length];
            for (int i = 0; i < scores.Length; i++)
                scores[i] = row[options.Reproduce ? candidates[i] : left[candidates[i]]]
                    + TextFactor * frame.MaskedText[left[candidates[i]]];
            frame.Neighbours[c] = Array.ConvertAll(
                TopK.Largest(scores, Math.Min(options.Neighbours, scores.Length), EmitBy.Score), i => candidates[i]);
        }
    }

    private static int Share(int of, double[] factors, int among) =>
        among == 0 ? 0 : Budgets.Round(of * ((double)factors.Count(factor => factor > OutlierLimit) / among), Rounding.Truncate);

    private static void Emit(ReductionPlanBuilder plan, Frame frame, int first)
    {
        foreach (int place in frame.Kept)
            plan.Keep(first + place);
        for (int c = 0; c < frame.Centres.Length; c++)
            Sum([frame.Left[frame.Centres[c]], .. frame.Neighbours[c].Select(number => frame.Left[number])], ownWeight: 1);
        if (frame.Centres.Length > 0 && frame.Others.Length > 0)
        {
            int[] others = [.. frame.Others.Select(number => frame.Left[number]).OrderByDescending(place => frame.Attention[place])];
            Sum(others, frame.Attention[others[0]]);
        }
        // With nothing kept and no centre the official code leaves nothing of the frame; the best token stays.
        if (frame.Kept.Length == 0 && frame.Centres.Length == 0)
            plan.Keep(first + TopK.Largest(frame.Attention, 1, EmitBy.Score)[0]);

        void Sum(int[] members, double ownWeight)
        {
            float[] weights = Array.ConvertAll(members, member => (float)frame.Attention[member]);
            weights[0] = (float)ownWeight;
            plan.Sum(first + members[0], Array.ConvertAll(members, member => first + member), weights, members.Length);
        }
    }

    /// <summary>What is decided about one frame, step by step.</summary>
    private sealed class Frame(double[] attention, double[] text)
    {
        public double[] Attention { get; } = attention;

        public double[] Text { get; } = text;

        public double[] MaskedText { get; set; } = [];

        public double[] VisionFactors { get; set; } = [];

        public double[] TextFactors { get; set; } = [];

        public double[] LeftFactors { get; set; } = [];

        public int[] ByVision { get; set; } = [];

        public int[] ByText { get; set; } = [];

        public int[] Kept { get; set; } = [];

        public int[] Left { get; set; } = [];

        public int[] Centres { get; set; } = [];

        public int[] Others { get; set; } = [];

        public int[][] Neighbours { get; set; } = [];

        public void AddTo(PlanTrace trace, int frame)
        {
            foreach ((string name, Array values) in new (string, Array)[]
            {
                ("attention", Attention), ("text", Text), ("masked_text", MaskedText),
                ("vision_factors", VisionFactors), ("text_factors", TextFactors), ("left_factors", LeftFactors),
                ("by_vision", ByVision), ("by_text", ByText), ("kept", Kept), ("left", Left), ("centres", Centres), ("others", Others),
                ("neighbours", Neighbours.SelectMany(numbers => numbers).ToArray()),
            })
                trace.Add($"frame{frame}_{name}", values);
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Counts outliers of attention and question, in place of the retention.</summary>
        [Parameter("the counts follow from outliers, in place of the retention")]
        public bool Adaptive { get; init; }

        /// <summary>Tokens added to each centre.</summary>
        [Parameter("tokens added to each centre", Minimum = 0)]
        public int Neighbours { get; init; } = 32;

        /// <summary>The official number of centres, and its keys of other places.</summary>
        [Parameter("as the official code: centres counted by the feature width, neighbours by keys of other places")]
        public bool Reproduce { get; init; }
    }
}
