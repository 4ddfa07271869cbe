using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// CDPruner: in every frame the tokens that are relevant to the question and unlike each other, by a determinantal point process.
/// </summary>
/// <remarks>
/// "Beyond Attention or Similarity: Maximizing Conditional Diversity for Token Pruning in MLLMs", NeurIPS 2025, arXiv 2506.10967. Follows
/// Theia-4869/CDPruner, commit 9541616, llava/model/llava_arch.py.
/// </remarks>
public sealed class CdPruner(CdPruner.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "cdpruner",
        Name = "CDPruner",
        Paper = "Beyond Attention or Similarity: Maximizing Conditional Diversity for Token Pruning in MLLMs, NeurIPS 2025",
        ArXiv = "2506.10967",
        OfficialCode = "Theia-4869/CDPruner 9541616",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Query,
        ChooseWhen = "the question is known and the model has text and image embeddings in one space",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "Relevance is the negated cosine, as in the official code for CLIP's patch features; the paper writes the plain"
                + " one (relevance positive).",
            "Relevance is scaled over all frames together, as in the official code; the paper scales each picture by itself.",
            "Where all tokens are equally relevant, relevance is 1; the official code divides by zero.",
            "Tokens that the chosen ones span are passed over, and the budget is filled by falling relevance; the official code takes"
                + " roots of negative numbers and keeps fewer.",
        ],
    };

    /// <summary>Which end of the cosine with the question counts as relevant.</summary>
    public enum Sign
    {
        /// <summary>The least similar: for CLIP's patch features, which point the other way.</summary>
        Negative,

        /// <summary>The most similar: for other encoders.</summary>
        Positive,
    }

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs =>
        [SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int frames, int perFrame) = (input.Grid.Count, input.Grid.Frames, input.Grid.TokensPerFrame);
        int budget = Budgets.PerFrame(options.KeepPerFrame, options.Retention, perFrame);
        double[] relevance = Relevance(input.Require(Signal.ImageEmbeddings).AsMatrix(), input.Require(Signal.TextEmbeddings).AsMatrix());
        var kept = new List<int>(frames * budget);
        var picks = new GreedyPicks(new int[frames * budget], new double[frames * budget]);
        for (int t = 0; t < frames; t++)
        {
            GreedyPicks chosen = Choose(input.Frame(t), relevance.AsSpan(t * perFrame, perFrame).ToArray(), budget);
            chosen.Order.CopyTo(picks.Order, t * budget);
            chosen.Scores.CopyTo(picks.Scores, t * budget);
            kept.AddRange(chosen.Order.Order().Select(place => t * perFrame + place));
        }
        return ReductionPlan.Keep(kept.ToArray(), tokens, new PlanTrace
        {
            { "relevance", relevance },
            { "picks", picks.Order },
            { "pick_values", picks.Scores }
        });
    }

    /// <summary>Relevance of every token, scaled to 0..1 over the whole video.</summary>
    private double[] Relevance(TokenMatrix images, TokenMatrix texts)
    {
        const double Lift = 1e-6;
        RealMatrix cosines = Similarity.Cosines(images, texts);
        double[] relevance = new double[images.Count];
        for (int i = 0; i < relevance.Length; i++)
            relevance[i] = (options.Relevance == Sign.Negative ? -1 : 1) * TensorPrimitives.Average<double>(cosines[i]);
        double least = relevance.Min(), range = relevance.Max() - least;
        return range > 0 ? Array.ConvertAll(relevance, value => (value - least + Lift) / range) : Array.ConvertAll(relevance, _ => 1.0);
    }

    private static GreedyPicks Choose(TokenMatrix frame, double[] relevance, int budget)
    {
        RealMatrix similarity = Similarity.Cosines(frame);
        double[] diagonal = new double[frame.Count];
        for (int i = 0; i < diagonal.Length; i++)
            diagonal[i] = relevance[i] * similarity[i, i] * relevance[i];
        GreedyPicks picks = DeterminantSelection.Take(diagonal, budget, (item, row) =>
        {
            TensorPrimitives.Multiply(similarity[item], relevance, row);
            TensorPrimitives.Multiply(row, relevance[item], row);
        });
        IEnumerable<int> rest = TopK.Largest(relevance, relevance.Length, EmitBy.Score)
            .Except(picks.Order).Take(budget - picks.Order.Length);
        return new GreedyPicks([.. picks.Order, .. rest], [.. picks.Scores, .. new double[budget - picks.Order.Length]]);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens of each frame; null: from the retention.</summary>
        [Parameter("tokens to keep in every frame, in place of the retention", Symbol = "K", Minimum = 1)]
        public int? KeepPerFrame { get; init; }

        /// <summary>Which end of the cosine with the question counts as relevant.</summary>
        [Parameter("which end of the cosine with the question counts as relevant")]
        public Sign Relevance { get; init; } = Sign.Negative;
    }
}
