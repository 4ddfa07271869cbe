using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>CATP, first stage: in every frame a subset that represents all of its tokens well and is aligned with the question.</summary>
/// <remarks>
/// "CATP: Contextually Adaptive Token Pruning for Efficient and Enhanced Multimodal In-Context Learning", AAAI 2026, arXiv 2508.07871. No official code is published. A frame
/// stands for one of the paper's pictures, and the question for its text.
/// </remarks>
public sealed class Catp(Catp.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "catp",
        Name = "CATP (after the encoder)",
        Paper = "CATP: Contextually Adaptive Token Pruning for Efficient and Enhanced Multimodal In-Context Learning, AAAI 2026",
        ArXiv = "2508.07871",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Query,
        ChooseWhen = "every kept token shall speak for many others, with a leaning to the question",
        BudgetRule = "floor(retention * tokens of a frame), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "No official code is published.",
            "The retention is what this stage keeps; the paper removes half of the whole cut here and the other half inside the language model.",
            "Chosen by this project: cosines rescaled as (1 + cosine) / 2, ties to the lower place, tokens compared in the space of the image embeddings.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [SignalNeed.Of(new SignalRequest(Signal.ImageEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings))];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        TokenMatrix embeddings = input.Require(Signal.ImageEmbeddings).AsMatrix();
        double[] alignment = Similarity.Cosines(embeddings, FrameVectors.Question(input.Require(Signal.TextEmbeddings).AsMatrix())).Values;
        double[] bonuses = Array.ConvertAll(alignment, cosine => options.Alignment * (1 + cosine) / 2);
        int budget = Math.Max(1, Budgets.Round(options.Retention * perFrame, Rounding.Floor));
        var kept = new List<int>(input.Grid.Frames * budget);
        for (int first = 0; first < tokens; first += perFrame)
        {
            RealMatrix similarity = Similarity.Cosines(embeddings.Slice(first, perFrame));
            TensorPrimitives.Add(similarity.Values, 1, similarity.Values);
            TensorPrimitives.Divide(similarity.Values, 2, similarity.Values);
            GreedyPicks picks = GreedySelection.Coverage(budget, bonuses.AsSpan(first, perFrame), (item, row) => similarity[item].CopyTo(row));
            kept.AddRange(picks.Order.Order().Select(place => first + place));
        }
        return ReductionPlan.Keep(kept.ToArray(), tokens, new PlanTrace { { "alignment", alignment } });
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Weight of a token's likeness to the question against what it covers.</summary>
        [Parameter("weight of a token's likeness to the question", Symbol = "lambda1", Minimum = 0)]
        public double Alignment { get; init; } = 0.7;
    }
}
