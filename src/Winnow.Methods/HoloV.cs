using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// HoloV: every frame is cut into bands, each of which gets its share of the budget, so that context from everywhere survives.
/// </summary>
/// <remarks>
/// "Don't Just Chase 'Highlighted Tokens' in MLLMs: Revisiting Visual Holistic Context Retention", NeurIPS 2025, arXiv 2510.02912. Follows
/// obananas/HoloV, commit 1d2e65e, llava/model/utils.py.
/// </remarks>
public sealed class HoloV(HoloV.Options options) : ITokenReducer
{
    private const double AttentionScale = 1000, VarianceWeight = 0.09, Guard = 1e-6;

    private static readonly SignalNeed Attention =
        SignalNeed.Of(new SignalRequest(Signal.ClassAttention), new SignalRequest(Signal.ReceivedAttention));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "holov",
        Name = "HoloV",
        Paper = "Don't Just Chase 'Highlighted Tokens' in MLLMs: Revisiting Visual Holistic Context Retention, NeurIPS 2025",
        ArXiv = "2510.02912",
        OfficialCode = "obananas/HoloV 1d2e65e",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "attention of the vision tower clings to a few spots and the rest of the picture matters too",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; the same in every frame",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "What a band cannot hold of its share goes to the bands of the next largest weights; the official code fills up with rows of"
                + " zeros (reproduce: they are left out, and fewer tokens kept).",
            "A band of one token is scored like the others; the official code forgets the factor 1000 there (reproduce does too).",
            "The paper is said to rank tokens inside a band by attention and variance together; this follows the published"
                + " code, attention alone.",
            "Towers without a class token (SigLIP) use the mean attention that each place receives, as the official"
                + " code for Qwen2.5-VL does.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [Attention];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int tokens, int perFrame) = (input.Grid.Count, input.Grid.TokensPerFrame);
        double[] attention = AttentionScores.OfPlaces(input.Require(Attention), tokens);
        int budget = Budgets.PerFrame(options.KeepPerFrame, options.Retention, perFrame);
        int[] lengths = Budgets.Equal(perFrame, Math.Min(options.Crops, perFrame));
        var kept = new List<int>(input.Grid.Frames * budget);
        var log = (Scores: new List<double>(), Weights: new List<double>(), Quotas: new List<int>());
        for (int first = 0; first < tokens; first += perFrame)
        {
            double[] scores = BandScores(input.Features, attention, first, lengths);
            double[] weights = Array.ConvertAll(scores, score => score / (scores.Sum() + Guard));
            int[] quotas = Quotas(weights, lengths, budget);
            int start = first;
            for (int band = 0; band < lengths.Length; start += lengths[band++])
            {
                int count = Math.Min(quotas[band], lengths[band]);
                int[] chosen = TopK.Largest(
                    attention.AsSpan(start, lengths[band]), count, count == lengths[band] ? EmitBy.Place : EmitBy.Score);
                kept.AddRange(chosen.Select(place => start + place));
            }
            log.Scores.AddRange(scores);
            log.Weights.AddRange(weights);
            log.Quotas.AddRange(quotas);
        }
        return ReductionPlan.Keep(kept.ToArray(), tokens, new PlanTrace
        {
            { "band_scores", log.Scores.ToArray() },
            { "band_weights", log.Weights.ToArray() },
            { "quotas", log.Quotas.ToArray() },
        });
    }

    /// <summary>For each band the mean, over its tokens, of attention and of how unevenly the token resembles the others.</summary>
    private double[] BandScores(TokenMatrix features, double[] attention, int start, int[] lengths)
    {
        double[] scores = new double[lengths.Length];
        for (int band = 0; band < scores.Length; start += lengths[band++])
        {
            double mean = TensorPrimitives.Average<double>(attention.AsSpan(start, lengths[band]));
            if (lengths[band] == 1)
            {
                scores[band] = options.Reproduce ? mean : AttentionScale * mean;
                continue;
            }
            // The token scores 1000 a_i + 0.09 g var_i with g = mean|1000 a| / mean|var| are only ever averaged.
            double variance = MeanVariance(features.Slice(start, lengths[band]));
            scores[band] = AttentionScale * mean + VarianceWeight * (AttentionScale * mean / (variance + Guard)) * variance;
        }
        return scores;
    }

    /// <summary>Mean over tokens of the variance of their similarities to the others; the similarity to itself counts as 0.</summary>
    private static double MeanVariance(TokenMatrix band)
    {
        int count = band.Count;
        RealMatrix products = InnerProducts.Among(band);
        double[] inverse = new double[count];
        for (int i = 0; i < count; i++)
            inverse[i] = 1 / (Math.Sqrt(products[i, i]) + Guard);
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            Span<double> row = products[i];
            TensorPrimitives.Multiply(row, inverse, row);
            TensorPrimitives.Multiply(row, inverse[i], row);
            row[i] = 0;
            double mean = TensorPrimitives.Sum<double>(row) / (count - 1);
            foreach (double similarity in row)
                sum += (similarity - mean) * (similarity - mean) / (count - 1);
        }
        return sum / count;
    }

    private int[] Quotas(double[] weights, int[] lengths, int budget)
    {
        int[] quotas = Array.ConvertAll(weights, weight => Budgets.Round((float)weight * (float)budget, Rounding.Floor));
        int[] ranking = TopK.Largest(weights, weights.Length, EmitBy.Score);
        foreach (int band in ranking.Take(budget - quotas.Sum()))
            quotas[band]++;
        if (options.Reproduce)
            return quotas;
        for (int band = 0; band < quotas.Length; band++)
            quotas[band] = Math.Min(quotas[band], lengths[band]);
        for (int missing = budget - quotas.Sum(); missing > 0;)
            foreach (int band in ranking)
                if (missing > 0 && quotas[band] < lengths[band])
                    (quotas[band], missing) = (quotas[band] + 1, missing - 1);
        return quotas;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens of each frame; null: from the retention.</summary>
        [Parameter("tokens to keep in every frame, in place of the retention", Symbol = "K", Minimum = 1)]
        public int? KeepPerFrame { get; init; }

        /// <summary>Bands of a frame: stretches of its tokens, row by row.</summary>
        [Parameter("bands that a frame is cut into", Minimum = 1)]
        public int Crops { get; init; } = 16;

        /// <summary>Shares beyond a band's size are lost, and bands of one token scored a thousandth, as in the official code.</summary>
        [Parameter("as the official code: what a band cannot hold is lost")]
        public bool Reproduce { get; init; }
    }
}
