using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>ZOO-Prune: in every frame tokens to which the projector is sensitive and which differ from those chosen already.</summary>
/// <remarks>
/// "Training-Free Token Pruning via Zeroth-Order Gradient Estimation in Vision-Language Models", CVPR 2026, arXiv 2509.24837. No
/// official code is published.
/// </remarks>
public sealed class ZooPrune(ZooPrune.Options options) : ITokenReducer
{
    private static readonly SignalNeed Sensitivity = SignalNeed.Wish(new SignalRequest(Signal.ProjectorSensitivity));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "zoo-prune",
        Name = "ZOO-Prune",
        Paper = "Training-Free Token Pruning via Zeroth-Order Gradient Estimation in Vision-Language Models, CVPR 2026",
        ArXiv = "2509.24837",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Diversity,
        ChooseWhen = "no attention is at hand, and a diverse set shall lean to the tokens that carry much",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        ExtraCost = "while encoding 64 times the projector's activation and second layer for every patch: about an eighth of the time that "
            + "SigLIP so400m itself takes; nothing with probe=false",
        Deviations =
        [
            "The official repository holds no code; the paper was read through its abstract and a note with the formulas.",
            "Where the model does not measure its projector's sensitivity, or probe is false, the length of the projected token stands for"
                + " it; a public reproduction finds the same order almost exactly (rank correlation 0.986).",
            "Chosen by this project: sensitivity is scaled and tokens are chosen frame by frame, tokens are compared after the projector,"
                + " roundings, ties to the lower place.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => options.Probe ? [Sensitivity] : [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] sensitivity = options.Probe && input.Find(Sensitivity) is { } measured
            ? AttentionScores.OfPlaces(measured, tokens)
            : Lengths(input.Features);
        int budget = Budgets.PerFrame(null, options.Retention, perFrame);
        var kept = new List<int>(input.Grid.Frames * budget);
        var order = new List<int>(kept.Capacity);
        for (int first = 0; first < tokens; first += perFrame)
        {
            double[] weights = Scaled(sensitivity.AsSpan(first, perFrame));
            RealMatrix similarity = Similarity.Cosines(input.Features.Slice(first, perFrame));
            GreedyPicks picks = GreedySelection.MaxMin([TensorPrimitives.IndexOfMax<double>(weights)], budget, perFrame, (item, row) =>
            {
                TensorPrimitives.Negate<double>(similarity[item], row);
                TensorPrimitives.Add(row, 1, row);
            }, weights);
            order.AddRange(picks.Order);
            kept.AddRange(picks.Order.Order().Select(place => first + place));
        }
        return ReductionPlan.Keep(kept.ToArray(), tokens, new PlanTrace { { "sensitivity", sensitivity }, { "picks", order.ToArray() } });
    }

    private static double[] Lengths(TokenMatrix features)
    {
        double[] lengths = new double[features.Count];
        for (int i = 0; i < lengths.Length; i++)
            lengths[i] = Math.Sqrt(InnerProducts.Of(features[i], features[i]));
        return lengths;
    }

    private static double[] Scaled(ReadOnlySpan<double> values)
    {
        double least = TensorPrimitives.Min(values), range = TensorPrimitives.Max(values) - least;
        double[] scaled = new double[values.Length];
        for (int i = 0; i < scaled.Length; i++)
            scaled[i] = range > 0 ? (values[i] - least) / range : 1;
        return scaled;
    }

    /// <summary>Parameters; number and size of the nudges belong to the signal.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Whether the projector is probed for its sensitivity; otherwise the length of the projected token stands for it.
        /// </summary>
        [Parameter("whether the projector's sensitivity is measured; false takes the length of the projected token, which costs nothing")]
        public bool Probe { get; init; } = true;
    }
}
