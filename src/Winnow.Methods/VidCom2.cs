using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>VidCom2: frames that stand out from the video get more tokens, and in each frame the tokens that stand out stay.</summary>
/// <remarks>
/// "Video Compression Commander: Plug-and-Play Inference Acceleration for Video Large Language Models", EMNLP 2025, arXiv 2505.14454.
/// Follows xuyang-liu16/VidCom2, commit 944a17d, token_compressor/vidcom2/vidcom2.py.
/// </remarks>
public sealed class VidCom2(VidCom2.Options options) : ITokenReducer
{
    private const double ChannelShare = 0.5;
    private const double Temperature = 0.01;

    // The widths 1/8 to 2 of the Gaussian kernels, as factors of the squared distance: 1 / (2 alpha).
    private static readonly double[] KernelFactors = [4, 2, 1, 0.5, 0.25];

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vidcom2",
        Name = "VidCom2",
        Paper = "Video Compression Commander: Plug-and-Play Inference Acceleration for Video Large Language Models, EMNLP 2025",
        ArXiv = "2505.14454",
        OfficialCode = "xuyang-liu16/VidCom2 944a17d",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Diversity,
        ChooseWhen = "one or two moments of the video matter most; no attention needed, linear cost",
        BudgetRule =
            "retention * tokens dealt out over frames by uniqueness, each rounded to the nearest (halves to even), at least one a frame",
        Budget = BudgetPromise.PerFrame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "What a frame cannot hold of its share goes to the other frames; the official code cuts it off, so that retention 1 keeps less"
                + " than all (reproduce does too).",
            "The paper is said to use cosines to the mean over all channels; this follows the published code: half of the"
                + " channels, Gaussian kernels.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int perFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        int[] channels = SteadyChannels(input.Features);
        RealMatrix units = UnitVectors(input.Features, channels);
        RealMatrix frameMeans = Means(units, perFrame);
        double[] videoScores = Likeness(units, Means(units, units.Rows), units.Rows);
        double[] frameScores = Likeness(units, frameMeans, perFrame);
        double[] shares = Shares(videoScores, frames, perFrame);
        int[] budgets = FrameBudgets(shares, perFrame);
        var kept = new List<int>();
        double[] scores = new double[units.Rows];
        TensorPrimitives.Add(videoScores, frameScores, scores);
        for (int t = 0; t < frames; t++)
            kept.AddRange(
                TopK.Smallest(scores.AsSpan(t * perFrame, perFrame), budgets[t], EmitBy.Place).Select(place => t * perFrame + place));
        return ReductionPlan.Keep(kept.ToArray(), units.Rows, new PlanTrace
        {
            { "channels", channels },
            { "video_scores", videoScores },
            { "frame_scores", frameScores },
            { "shares", shares },
            { PlanTrace.FrameBudgets, budgets },
        });
    }

    /// <summary>The half of the channels that vary least over the video, the steadiest first.</summary>
    private static int[] SteadyChannels(TokenMatrix features)
    {
        int dimension = features.Dimension;
        double[] sum = new double[dimension], squares = new double[dimension], wide = new double[dimension];
        // Deviations from the first token: the variance is the same, and a large common offset loses no digits.
        double[] origin = new double[dimension];
        TensorPrimitives.ConvertTruncating(features[0], origin.AsSpan());
        for (int i = 0; i < features.Count; i++)
        {
            TensorPrimitives.ConvertTruncating(features[i], wide.AsSpan());
            TensorPrimitives.Subtract(wide, origin, wide);
            TensorPrimitives.Add(sum, wide, sum);
            TensorPrimitives.MultiplyAdd<double>(wide, wide, squares, squares);
        }
        double[] variance = new double[dimension];
        for (int d = 0; d < dimension; d++)
            variance[d] = squares[d] / features.Count - sum[d] / features.Count * (sum[d] / features.Count);
        return TopK.Smallest(variance, Math.Max(1, Budgets.Round(dimension * ChannelShare, Rounding.Truncate)), EmitBy.Score);
    }

    private static RealMatrix UnitVectors(TokenMatrix features, int[] channels)
    {
        const double SmallestNorm = 1e-12;
        var units = new RealMatrix(features.Count, channels.Length);
        for (int i = 0; i < features.Count; i++)
        {
            ReadOnlySpan<float> token = features[i];
            Span<double> unit = units[i];
            for (int c = 0; c < channels.Length; c++)
                unit[c] = token[channels[c]];
            TensorPrimitives.Divide(unit, Math.Max(SmallestNorm, TensorPrimitives.Norm<double>(unit)), unit);
        }
        return units;
    }

    private static RealMatrix Means(RealMatrix units, int count)
    {
        var means = new RealMatrix(units.Rows / count, units.Columns);
        for (int i = 0; i < units.Rows; i++)
            TensorPrimitives.Add(means[i / count], units[i], means[i / count]);
        TensorPrimitives.Divide(means.Values, count, means.Values);
        return means;
    }

    /// <summary>For each token the sum of the Gaussian kernels of its distance to its mean: high where it is ordinary.</summary>
    private static double[] Likeness(RealMatrix units, RealMatrix means, int perMean)
    {
        double[] likeness = new double[units.Rows];
        for (int i = 0; i < likeness.Length; i++)
        {
            double distance = TensorPrimitives.Distance<double>(units[i], means[i / perMean]);
            foreach (double factor in KernelFactors)
                likeness[i] += Math.Exp(-distance * distance * factor);
        }
        return likeness;
    }

    /// <summary>
    /// The share of its tokens that each frame would keep, in float32 as the official code has it; above 1 where a frame cannot hold it.
    /// </summary>
    private double[] Shares(double[] videoScores, int frames, int perFrame)
    {
        double[] weights = new double[frames];
        for (int t = 0; t < frames; t++)
            weights[t] = -TensorPrimitives.Average<double>(videoScores.AsSpan(t * perFrame, perFrame)) / Temperature;
        TensorPrimitives.SoftMax<double>(weights, weights);
        return Array.ConvertAll(weights, weight => (double)(float)(options.Retention * (1 + weight - 1.0 / frames)));
    }

    private int[] FrameBudgets(double[] shares, int perFrame)
    {
        if (options.Reproduce)
            for (int t = 0; t < shares.Length; t++)
                shares[t] = Math.Min(1, shares[t]);
        double[] wanted = Array.ConvertAll(shares, share => (double)(float)(share * perFrame));
        if (wanted.Any(count => count > perFrame))
        {
            int[] caps = [.. Enumerable.Repeat(perFrame, wanted.Length)];
            wanted = Budgets.Capped(wanted, caps, Math.Min(options.Retention, 1) * perFrame * wanted.Length);
        }
        return Array.ConvertAll(wanted, count => Math.Max(1, Budgets.Round(count, Rounding.HalfEven)));
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Cuts off what a frame cannot hold of its share, as the official code does.</summary>
        [Parameter("as the official code: a frame's share above all of its tokens is lost")]
        public bool Reproduce { get; init; }
    }
}
