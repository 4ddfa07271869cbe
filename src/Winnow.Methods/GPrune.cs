using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>G-Prune: in every frame the tokens to which importance flows along a graph of similar tokens.</summary>
/// <remarks>
/// "What Kind of Visual Tokens Do We Need? Training-free Visual Token Pruning for Multi-modal Large Language Models from the Perspective of
/// Graph", AAAI 2025, arXiv 2501.02268. Follows jytmelon/G-Prune, commit 762c637, LLaVA-NeXT/llava/model/llava_arch.py; there a graph is
/// one view of a picture, here it is one frame.
/// </remarks>
public sealed class GPrune(GPrune.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "g-prune",
        Name = "G-Prune",
        Paper = "What Kind of Visual Tokens Do We Need? Training-free Visual Token Pruning for Multi-modal Large Language Models from the"
            + " Perspective of Graph, AAAI 2025",
        ArXiv = "2501.02268",
        OfficialCode = "jytmelon/G-Prune 762c637",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Diversity,
        ChooseWhen = "foreground and background both matter, and there is no attention",
        BudgetRule = "retention * tokens of a frame, truncated, at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Original,
        Deviations =
        [
            "A frame is a graph; the official code has one graph for each of the two views of a picture.",
            "A retention that leaves a frame no token leaves it one; the official code keeps none.",
            "Importance is sent along step by step instead of by a power of the matrix: the same but for rounding, and cheaper.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int perFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        int budget = Math.Max(1, Budgets.Round(WantedPerFrame(input.Grid.Rows, input.Grid.Columns), Rounding.Truncate));
        double[] scores = new double[input.Grid.Count];
        int[] degrees = new int[scores.Length];
        var kept = new List<int>(frames * budget);
        for (int t = 0; t < frames; t++)
        {
            Score(input.Frame(t), scores.AsSpan(t * perFrame, perFrame), degrees.AsSpan(t * perFrame, perFrame));
            kept.AddRange(TopK.Largest(scores.AsSpan(t * perFrame, perFrame), budget, EmitBy.Place).Select(place => t * perFrame + place));
        }
        return ReductionPlan.Keep(kept.ToArray(), scores.Length, new PlanTrace { { "scores", scores }, { "degrees", degrees } });
    }

    // The order of the products is the official one for views: 0.6 * 9 * 15 is 80.99999999999999 and keeps 80.
    private double WantedPerFrame(int rows, int columns) =>
        options.Reproduce ? options.Retention * rows * columns : options.Retention * (rows * columns);

    private void Score(TokenMatrix frame, Span<double> scores, Span<int> degrees)
    {
        RealMatrix links = Links(frame);
        double[] norms = new double[frame.Count];
        for (int i = 0; i < norms.Length; i++)
            norms[i] = Math.Sqrt(InnerProducts.Of(frame[i], frame[i]));
        double[] importance = GraphDiffusion.Spread(links, norms, options.Iterations);
        for (int i = 0; i < norms.Length; i++)
        {
            foreach (double share in links[i])
                degrees[i] += share > 0 ? 1 : 0;
            scores[i] = importance[i] / degrees[i];
        }
    }

    /// <summary>
    /// In which shares each token passes its importance on: a softmax over its neighbours, in whose float32 rounding far ones vanish.
    /// </summary>
    private RealMatrix Links(TokenMatrix frame)
    {
        const double NoLink = -5000, Zero = 1e-6;
        RealMatrix links = Similarity.Cosines(frame);
        foreach (ref double entry in links.Values.AsSpan())
        {
            double sharpened = (float)entry < (float)options.Threshold ? 0 : entry / options.Temperature;
            entry = Math.Abs(sharpened) < Zero ? NoLink : sharpened;
        }
        for (int i = 0; i < links.Rows; i++)
        {
            Span<double> row = links[i];
            TensorPrimitives.SoftMax<double>(row, row);
            foreach (ref double share in row)
                share = (float)share;
        }
        return links;
    }

    /// <summary>Parameters; the defaults are the official constants.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Links below this cosine are cut.</summary>
        [Parameter("links below this cosine are cut", Minimum = -1, Maximum = 1)]
        public double Threshold { get; init; } = 0.5;

        /// <summary>Temperature of the shares.</summary>
        [Parameter("temperature of the shares", Minimum = 0, MinimumIsExcluded = true)]
        public double Temperature { get; init; } = 0.03;

        /// <summary>Steps of the flow.</summary>
        [Parameter("steps of the flow", Minimum = 0)]
        public int Iterations { get; init; } = 5;

        /// <summary>
        /// Multiplies the retention by rows, then by columns, as the official code does; a rounding error may then cost a token.
        /// </summary>
        [Parameter("as the official code: the retention times rows, then times columns")]
        public bool Reproduce { get; init; }
    }
}
