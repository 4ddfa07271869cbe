using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// SparseVLM and SparseVLM+: after a few layers of the language model, the visual tokens stay that the question's most visual words attend
/// to; of the others the better part comes back as a few averages.
/// </summary>
/// <remarks>
/// "SparseVLM: Visual Token Sparsification for Efficient Vision-Language Model Inference", ICML 2025, arXiv 2410.04417, and its version 2.0
/// "SparseVLM+"; Gumpest/SparseVLMs at 26a5f488 (schedule, plus) and b72c5d62 (rank), LlamaDynamicvitModel.forward, attn_postprocess_topk,
/// attn_postprocess_rank, cluster_and_merge.
/// </remarks>
public sealed class SparseVlm(SparseVlm.Options options) : IPrefillReducer
{
    private const int OfficialDepth = 32;
    private const double CountSlack = 1e-6;
    private static readonly PrefillNeeds TextRows = new() { Attention = new AttentionRequest(AttentionQueries.TextAfterVideo) };

    // Layers behind the sparse ones, where the shorter sequence begins.
    private static readonly int[] OfficialLayers = [3, 7, 16];
    private static readonly int[] OfficialRankLayers = [3, 7, 16, 20];

    /// <summary>The three published versions.</summary>
    public enum Variant
    {
        /// <summary>Version 1.5: fixed budgets; what leaves is partly recycled.</summary>
        Schedule,

        /// <summary>Version 1.0: as many as the rank of the attention says; what leaves is partly recycled.</summary>
        Rank,

        /// <summary>
        /// Version 2.0, SparseVLM+: fixed budgets by the best heads, their attention freed from its bias for near rows; nothing is
        /// recycled, positions stay.
        /// </summary>
        Plus,
    }

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "sparsevlm",
        Name = "SparseVLM / SparseVLM+",
        Paper = "SparseVLM: Visual Token Sparsification for Efficient Vision-Language Model Inference, ICML 2025",
        ArXiv = "2410.04417",
        OfficialCode = "Gumpest/SparseVLMs 26a5f48813c46cd1c7364160354e7fdd3febaa67 and b72c5d62fa7004c2f1440c75975981bddf6c66c7",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "questions with words for what is to be seen; what leaves shall not be lost altogether",
        BudgetRule = "retention is the average over the layers: the official budgets of 576 tokens as shares, interpolated between the"
            + " published targets 64, 96, 128, 192 and all; budgets override. Rank: floor(rank * scale + bias), scale being retention *"
            + " rows / raters unless given",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Own,
        Positions = PositionRule.Compact,
        ExtraCost = "the attention rows of the text after the video in three (rank: four) layers, O(T H S hd) each; once the products of"
            + " all visual with all text rows, O(n T D); clustering, O(d^2 D / 10)",
        Deviations =
        [
            "No rater, or no text after the video: every row that looks is a rater; the official scores are not numbers then.",
            "Budgets that the retention sets may keep everything; given ones drop at least one token, as officially.",
            "No random noise is added to densities: where there are two clusters, the two tokens nearest to each other tie and"
                + " may both become centres.",
            "With fewer heads than headsUsed all are used; the official code fails. Layers are the same shares of the depth as the"
                + " official 2, 6, 15 (rank: and 19) of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        int[] official = options.Version == Variant.Rank ? OfficialRankLayers : OfficialLayers;
        int[] layers = LayerDepth.Of(options.SparseLayers?.Select(layer => layer + 1).ToArray(), official, OfficialDepth, context.Layers);
        if (options.Budgets is { } given && options.Version != Variant.Rank && given.Count != layers.Length)
            throw new ArgumentException($"There are {given.Count} budgets for {layers.Length} sparse layers; give one budget for each.");
        if (options.Retention >= 1 && options.Budgets is null && options.Scale is null)
            return StagedRun.Nothing;
        int[] raters = Raters(context);
        return new StagedRun(layers, TextRows, (stage, view) => Sparsify(view, stage, raters));
    }

    /// <summary>
    /// How visual each row of the text after the video is: its share of what the visual rows say to all of them, mean over the visual rows.
    /// </summary>
    public static double[] Ratings(PrefillContext context)
    {
        int first = context.VisualStart + context.VisualCount, count = context.Embeddings.Count - first;
        double[] ratings = new double[count];
        if (count == 0 || context.VisualCount == 0)
            return ratings;
        RealMatrix products = InnerProducts.Between(
            context.Embeddings.Slice(context.VisualStart, context.VisualCount),
            context.Embeddings.Slice(first, count));
        double[] shares = new double[count];
        for (int row = 0; row < products.Rows; row++)
        {
            System.Numerics.Tensors.TensorPrimitives.SoftMax<double>(products[row], shares);
            System.Numerics.Tensors.TensorPrimitives.Add(ratings, shares, ratings);
        }
        System.Numerics.Tensors.TensorPrimitives.Divide(ratings, products.Rows, ratings);
        return ratings;
    }

    /// <summary>Numbers of the text rows whose rating is above the mean; all where none is.</summary>
    public static int[] Raters(PrefillContext context)
    {
        double[] ratings = Ratings(context);
        double mean = ratings.Length == 0 ? 0 : ratings.Average();
        int[] above = [.. Enumerable.Range(0, ratings.Length).Where(row => ratings[row] > mean)];
        return above.Length > 0 ? above : [.. Enumerable.Range(0, Math.Max(1, ratings.Length))];
    }

    private PrefillStep? Sparsify(PrefillView view, int stage, int[] raters)
    {
        int visual = view.VisualCount;
        if (visual < 2)
            return null;
        var trace = new PlanTrace();
        RealMatrix shares = RatersShares(view, raters, trace);
        double[] scores = new double[visual];
        for (int row = 0; row < shares.Rows; row++)
            System.Numerics.Tensors.TensorPrimitives.Add(scores, shares[row], scores);
        System.Numerics.Tensors.TensorPrimitives.Divide(scores, shares.Rows, scores);
        if (Count(view, stage, shares, trace) is not { } count)
            return null;
        trace.Add("scores", scores);
        int[] ranking = TopK.Largest(scores, visual, EmitBy.Score), kept = [.. ranking[..count].Order()];
        trace.Add("kept", kept);
        var plan = new ReductionPlanBuilder(view.Count);
        foreach (int row in Enumerable.Range(0, view.VisualStart).Concat(kept.Select(row => view.VisualStart + row)))
            plan.Keep(row);
        if (options.Version != Variant.Plus)
            Recycle(view, ranking[count..], plan, trace);
        for (int row = view.VisualEnd; row < view.Count; row++)
            plan.Keep(row);
        return new PrefillStep(plan.Build(trace))
        {
            Positions = options.Version == Variant.Plus ? PositionRule.Original : PositionRule.Compact
        };
    }

    /// <summary>Steps 1 to 3: attention of each rater to each visual row, mean over the heads that count.</summary>
    private RealMatrix RatersShares(PrefillView view, int[] raters, PlanTrace trace)
    {
        (AttentionView attention, int visual) = (view.Attention!, view.VisualCount);
        var perHead = new RealMatrix[attention.Heads];
        for (int head = 0; head < perHead.Length; head++)
            perHead[head] = new RealMatrix(raters.Length, visual);
        float[] row = new float[attention.Heads * attention.Keys];
        for (int i = 0; i < raters.Length; i++)
        {
            attention.Read(raters[i], row);
            int position = view.Positions[view.Count - attention.Queries + raters[i]];
            for (int j = 0; j < visual; j++)
            {
                double bias = options.Version == Variant.Plus
                    ? PositionBias(view.Context, position - view.Positions[view.VisualStart + j])
                    : 1;
                for (int head = 0; head < perHead.Length; head++)
                    perHead[head][i, j] = row[head * attention.Keys + view.VisualStart + j] / bias;
            }
        }
        double[] sums = Array.ConvertAll(perHead, shares => System.Numerics.Tensors.TensorPrimitives.Sum<double>(shares.Values));
        int[] heads = TopK.Largest(
            sums, options.Version == Variant.Plus ? Math.Min(options.HeadsUsed, sums.Length) : sums.Length, EmitBy.Score);
        trace.Add("head_sums", sums);
        trace.Add("heads", heads);
        var mean = new RealMatrix(raters.Length, visual);
        foreach (int head in heads.Order())
            System.Numerics.Tensors.TensorPrimitives.Add(mean.Values, perHead[head].Values, mean.Values);
        System.Numerics.Tensors.TensorPrimitives.Divide(mean.Values, heads.Length, mean.Values);
        return mean;
    }

    /// <summary>
    /// What rotary positions alone make of the attention between two rows: the scaled product of two vectors of ones turned so far apart.
    /// </summary>
    /// <param name="context">Width of a head and base of the angles.</param>
    /// <param name="distance">Position of the one less that of the other.</param>
    public static double PositionBias(PrefillContext context, int distance)
    {
        double sum = 0;
        for (int k = 0; k < context.HeadWidth / 2; k++)
            sum += Math.Cos(distance * Math.Pow(context.RopeBase, -2.0 * k / context.HeadWidth));
        return 2 / Math.Sqrt(context.HeadWidth) * sum;
    }

    /// <summary>Step 4: how many stay; null for all.</summary>
    private int? Count(PrefillView view, int stage, RealMatrix shares, PlanTrace trace)
    {
        int visual = view.VisualCount;
        if (options.Version != Variant.Rank)
        {
            int budget = options.Budgets?[stage]
                ?? SparseVlmSchedule.Budget(options.Version == Variant.Plus, stage, options.Retention, view.Context.VisualCount);
            return options.Budgets is null && budget >= visual ? null : Math.Min(budget, visual - 1);
        }
        double[] values = SingularValues.Of(shares);
        double tolerance = Math.Max(shares.Rows, shares.Columns) * Math.Pow(2, -23) * values[0];
        int rank = values.Count(value => value > tolerance);
        trace.Add("singular_values", values);
        if (rank == visual)
            return null;
        double scale = options.Scale ?? options.Retention * view.Context.VisualCount / shares.Rows;
        return Math.Min((int)Math.Truncate(rank * scale + options.Bias), visual - 1);
    }

    /// <summary>Step 6: the better part of what leaves, clustered and averaged.</summary>
    private void Recycle(PrefillView view, int[] leaving, ReductionPlanBuilder plan, PlanTrace trace)
    {
        int[] recycled =
            leaving[..Math.Min(leaving.Length, Primitives.Budgets.Round(options.RecycleShare * leaving.Length, Rounding.Truncate) + 1)];
        int clusters = recycled.Length / options.TokensPerCluster + 1;
        RealMatrix distances = Similarity.ScaledDistances(view.Hidden.Slice(view.VisualStart, view.VisualCount), recycled);
        DensityPeaks peaks = DensityPeaks.Of(distances, clusters);
        int[] centres = peaks.Centres(clusters, EmitBy.Score), labels = DensityPeaks.Assign(distances, centres);
        foreach ((int[] members, int cluster) in Merging.Members(labels, clusters).Select((members, cluster) => (members, cluster)))
        {
            float[] weights = new float[members.Length];
            Array.Fill(weights, (float)(1 / (members.Length + CountSlack)));
            plan.Sum(
                view.VisualStart + recycled[centres[cluster]],
                Array.ConvertAll(members, member => view.VisualStart + recycled[member]),
                weights, members.Length);
        }
        trace.Add("recycled", recycled);
        trace.Add("density", peaks.Density);
        trace.Add("centre_score", peaks.Score);
        trace.Add("centres", centres);
        trace.Add("assignment", labels);
    }

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Which of the published versions.</summary>
        [Parameter("which of the published versions")]
        public Variant Version { get; init; } = Variant.Schedule;

        /// <summary>
        /// Layers after which tokens leave (official: 2, 6, 15, and 19 by rank, of 32); null for the same shares of
        /// the loaded model's depth.
        /// </summary>
        [Parameter("layers after which tokens leave; auto: as deep as 2, 6, 15 (rank: and 19) of 32", Minimum = 0)]
        public IReadOnlyList<int>? SparseLayers { get; init; }

        /// <summary>Tokens that stay after each of them, recycled ones not counted; null for what the retention asks.</summary>
        [Parameter("tokens that stay after each, recycled ones not counted; auto: what the retention asks", Minimum = 0)]
        public IReadOnlyList<int>? Budgets { get; init; }

        /// <summary>
        /// Tokens that stay for each dimension of the raters' attention (official for 576 tokens: 13.5, 9 or 0.8); null for
        /// what the retention asks.
        /// </summary>
        [Parameter("rank: tokens that stay for each dimension; auto: what the retention asks", Minimum = 0)]
        public double? Scale { get; init; }

        /// <summary>Tokens that stay besides (official: 0, or 6 with a scale of 9).</summary>
        [Parameter("rank: tokens that stay besides", Minimum = 0)]
        public double Bias { get; init; }

        /// <summary>Share of the leaving tokens that is recycled; one more is.</summary>
        [Parameter("share of the leaving tokens that is recycled", Minimum = 0, Maximum = 1)]
        public double RecycleShare { get; init; } = 0.3;

        /// <summary>Recycled tokens to a cluster.</summary>
        [Parameter("recycled tokens to a cluster", Minimum = 1)]
        public int TokensPerCluster { get; init; } = 10;

        /// <summary>Heads that count.</summary>
        [Parameter("plus: heads that count", Minimum = 1)]
        public int HeadsUsed { get; init; } = 14;
    }
}
