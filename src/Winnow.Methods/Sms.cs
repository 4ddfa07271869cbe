using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// Sparsity Meets Similarity: of every frame the patches before the bend of the curve of likenesses to the class token, and of those the
/// ones nearest to the text.
/// </summary>
/// <remarks>
/// "Sparsity Meets Similarity: Leveraging Long-Tail Distribution for Dynamic Optimized Token Representation in Multimodal Large Language
/// Models", arXiv 2409.01162. No
/// official code is published and the formulas could not be read: what is computed is in the spirit of the abstract, not the paper's.
/// </remarks>
public sealed class Sms(Sms.Options options) : ITokenReducer
{
    // A curve that does not fall below its chord by more than the rounding of float32 features has no long tail.
    private const double NoBend = 1e-6;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "sms",
        Name = "SMS",
        Paper = "Sparsity Meets Similarity: Leveraging Long-Tail Distribution for Dynamic Optimized Token Representation in"
            + " Multimodal Large Language Models, 2024",
        ArXiv = "2409.01162",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "towers with a class token, pictures with few salient places: simple pictures keep less",
        BudgetRule = "what the bends leave, at most floor(retention * tokens); with textShare, that share of it",
        Budget = BudgetPromise.AtMost,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "Seen in the abstract and a summary: likeness of patches to the class token, its long tail, the bend of the sorted curve"
                + " for every image, a second round by visual and text features.",
            "Chosen by this project's page: cosines, class token and patches of the same layer, the bend as the place farthest below"
                + " the chord of the sorted curve.",
            "Chosen: shares kept in the first round (0.02 to 1), the second round on the embeddings before the first layer, as the"
                + " largest cosine with any text vector, rising emission.",
            "Without textShare the second round keeps what the retention allows, by the class token's curve where there is no text.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs { get; } =
    [
        SignalNeed.Of(new SignalRequest(Signal.ClassFeatures)), SignalNeed.Of(new SignalRequest(Signal.EncoderFeatures)),
        SignalNeed.Wish(new SignalRequest(Signal.TextEmbeddings)), SignalNeed.Wish(new SignalRequest(Signal.ImageEmbeddings)),
    ];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        TokenGrid grid = input.Grid;
        TokenMatrix patches = input.Require(Signal.EncoderFeatures).AsMatrix(),
            classTokens = input.Require(Signal.ClassFeatures).AsMatrix();
        double[] salience = new double[grid.Count];
        var first = new List<int>();
        int[] bends = new int[grid.Frames];
        for (int t = 0; t < grid.Frames; t++)
        {
            int start = t * grid.TokensPerFrame;
            double[] curve = Similarity.Cosines(patches.Slice(start, grid.TokensPerFrame), classTokens.Slice(t, 1)).Values;
            curve.CopyTo(salience, start);
            bends[t] = Held(BeforeBend(curve), grid.TokensPerFrame);
            first.AddRange(TopK.Largest(curve, bends[t], EmitBy.Place).Select(place => start + place));
        }
        var trace = new PlanTrace { { PlanTrace.FrameBudgets, bends }, { "salience", salience } };
        return ReductionPlan.Keep(SecondRound(input, first, salience), grid.Count, trace);
    }

    /// <summary>Step 2: how many of the largest values come up to and including the bend.</summary>
    private static int BeforeBend(double[] curve)
    {
        int[] falling = TopK.Largest(curve, curve.Length, EmitBy.Score);
        (int bend, double farthest) = (curve.Length - 1, NoBend);
        double top = curve[falling[0]], bottom = curve[falling[^1]];
        for (int i = 1; i < falling.Length - 1; i++)
        {
            double below = top + (bottom - top) * i / (falling.Length - 1) - curve[falling[i]];
            if (below > farthest)
                (bend, farthest) = (i, below);
        }
        return bend + 1;
    }

    private int Held(int count, int tokensPerFrame)
    {
        int least = Math.Max(1, Budgets.Round(options.SmallestShare * tokensPerFrame, Rounding.Ceiling));
        return Math.Clamp(count, least, Math.Max(least, Budgets.Round(options.LargestShare * tokensPerFrame, Rounding.Floor)));
    }

    /// <summary>Step 4: the tokens nearest to any of the text's vectors.</summary>
    private int[] SecondRound(ReductionInput input, List<int> first, double[] salience)
    {
        double[]? nearness = Nearness(input, first);
        if (options.TextShare is not null && nearness is null)
            return [.. first];
        int count = options.TextShare is null
            ? Math.Min(first.Count, Budgets.Total(options.Retention, input.Grid.Count))
            : Math.Max(1, Budgets.Round(options.TextShare.Value * first.Count, Rounding.Ceiling));
        return [.. TopK.Largest(nearness ?? [.. first.Select(token => salience[token])], count, EmitBy.Place).Select(i => first[i])];
    }

    private static double[]? Nearness(ReductionInput input, List<int> first)
    {
        if (input.Find(Signal.TextEmbeddings) is not { } text || input.Find(Signal.ImageEmbeddings) is not { } image)
            return null;
        RealMatrix cosines = Similarity.Cosines(image.AsMatrix(), text.AsMatrix());
        return [.. first.Select(token => cosines[token].ToArray().Max())];
    }

    /// <summary>Parameters; all defaults are this project's choice.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Smallest share of a frame that the first round keeps.</summary>
        [Parameter("smallest share of a frame that the first round keeps", Minimum = 0, Maximum = 1)]
        public double SmallestShare { get; init; } = 0.02;

        /// <summary>Largest share of a frame that the first round keeps.</summary>
        [Parameter("largest share of a frame that the first round keeps", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double LargestShare { get; init; } = 1;

        /// <summary>
        /// Share of the first round's tokens that the second keeps (0.6 on the page); null keeps what
        /// <see cref="ReducerOptions.Retention"/> allows.
        /// </summary>
        [Parameter("share of the first round's tokens that the second keeps; auto follows the retention",
            Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double? TextShare { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            if (SmallestShare > LargestShare)
                throw new ArgumentException($"smallestShare is {SmallestShare}; it must not exceed largestShare, {LargestShare}.");
        }
    }
}
