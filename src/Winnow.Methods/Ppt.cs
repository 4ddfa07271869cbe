using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// PPT: at three blocks of the encoder every frame loses equally many tokens: the least significant where significance varies much, and
/// otherwise the most similar, which are merged.
/// </summary>
/// <remarks>
/// "PPT: Token Pruning and Pooling for Efficient Vision Transformers", arXiv 2310.01812; xjwu1024/PPT at 706bcdd, ppt_deit.py.
/// </remarks>
public sealed class Ppt(Ppt.Options options) : IEncoderReducer
{
    private const int OfficialDepth = 12;

    // The repository's setting without training, for 14 x 14 patches.
    private const double OfficialThreshold = 7e-5;
    private const int OfficialPatches = 196;
    private static readonly EncoderNeeds Everything = new() { Keys = true, Values = true, Attention = new EncoderAttention() };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "ppt",
        Name = "PPT",
        Paper = "PPT: Token Pruning and Pooling for Efficient Vision Transformers, 2023",
        ArXiv = "2310.01812",
        OfficialCode = "xjwu1024/PPT 706bcdd475b5652ee84117a88add7a3a49c6045b",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "a faster vision tower where some frames have one subject and others are even; each frame decides for itself",
        BudgetRule = "floor(retention * patches) of each frame are left behind the last of its blocks, equally many going in each, never "
            + "more than half of what is there; or perBlock",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        ExtraCost = "at its blocks one attention row per head, O(H N d), or, without a class token, all rows; where it merges also cosines "
            + "of half of a frame's tokens with the other half",
        Deviations =
        [
            "Without a class token, as in SigLIP, significance takes the attention that a token receives on average.",
            "The blocks are the same shares of the depth as the official 3, 6 and 9 of 12, unless given; the threshold is the "
                + "repository's without training, 7e-5, for frames of 196 patches, and falls with the square of their number, as "
                + "variances of shares do.",
            "A frame in which nothing has significance counts as even; officially it is not a number, and the frame is lost in a batch.",
            "Behind the tower every patch has the value of the token that it was merged into; pruned ones are left out.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => 1;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context) => new Run(
        options,
        EncoderBlocks.Of(options.Blocks, [3, 6, 9], OfficialDepth, context.Layers),
        options.Threshold ?? OfficialThreshold * Math.Pow((double)OfficialPatches / context.Grid.TokensPerFrame, 2));

    /// <summary>Share of each patch in what the class token attends to, times the length of the value that it finds there.</summary>
    private static double[] Significance(EncoderView view, int sequence, RowRange patches)
    {
        int head = view.SequenceLengths[sequence] - patches.Length;
        double[] scores = ReceivedAttention.Mean(view.Attention![sequence], head, patches.Length, head > 0 ? [0] : null);
        for (int i = 0; i < scores.Length; i++)
            scores[i] *= TensorPrimitives.Norm(view.Values!.Value[patches.Start + i]);
        double sum = scores.Sum();
        return Array.ConvertAll(scores, score => sum > 0 ? score / sum : 1.0 / patches.Length);
    }

    private sealed class Run(Options options, int[] blocks, double threshold) : IEncoderRun
    {
        private int[]? _atFirst;

        public bool ProportionalAttention => options.Proportional;

        public EncoderNeeds? NeedsAt(EncoderPoint point)
        {
            bool reduces = options.PerBlock is { } count ? count > 0 : options.Retention < 1;
            return reduces && point.Moment == EncoderMoment.AfterAttention && blocks.Contains(point.Layer) ? Everything : null;
        }

        public EncoderStep? Decide(EncoderView view)
        {
            RowRange[] sequences = PatchSequences.Of(view);
            _atFirst ??= Array.ConvertAll(sequences, patches => patches.Length);
            int[] leaving = [.. sequences.Select((patches, i) => Math.Min(Wanted(_atFirst[i], view.Point.Layer), patches.Length / 2))];
            if (leaving.All(count => count == 0))
                return null;
            TokenMatrix metric = HeadMeans.Of(view.Keys!.Value, view.Context.Heads);
            IReadOnlyList<float> sizes = options.Proportional ? view.Sizes : [.. Enumerable.Repeat(1f, view.Count)];
            var plan = new ReductionPlanBuilder(view.Count);
            int[] lengths = [.. view.SequenceLengths];
            var scores = new List<double>();
            double[] variances = new double[lengths.Length];
            for (int i = 0; i < lengths.Length; i++)
            {
                (int before, int start) = (plan.Count, sequences[i].Start + sequences[i].Length - lengths[i]);
                double[] significance = leaving[i] > 0 ? Significance(view, i, sequences[i]) : [];
                variances[i] = leaving[i] > 0 ? Variance(significance) : 0;
                if (leaving[i] == 0 || variances[i] < threshold)
                    AlternateMerging.Merge(
                        plan, metric, sizes, start, lengths[i], leaving[i], view.Context.ClassTokens, view.Context.Parallel);
                else
                    Prune(plan, sizes, start, sequences[i], TopK.Largest(significance, significance.Length - leaving[i], EmitBy.Score));
                scores.AddRange(significance);
                lengths[i] = plan.Count - before;
            }
            return new EncoderStep(plan.Build(new PlanTrace
            {
                { "scores", scores.ToArray() },
                { "variance", variances },
                { "pooled", Array.ConvertAll(variances, variance => variance < threshold) },
            }), lengths);
        }

        private int Wanted(int patches, int layer)
        {
            if (options.PerBlock is { } count)
                return count;
            int left = Math.Min(patches, Math.Max(1, Budgets.Round(options.Retention * patches, Rounding.Floor)));
            return Budgets.Equal(patches - left, blocks.Length)[Array.IndexOf(blocks, layer)];
        }

        /// <summary>The most significant patches go on by falling significance, behind the class token.</summary>
        private static void Prune(ReductionPlanBuilder plan, IReadOnlyList<float> sizes, int start, RowRange patches, int[] kept)
        {
            for (int row = start; row < patches.Start; row++)
                plan.Keep(row, sizes[row]);
            foreach (int place in kept)
                plan.Keep(patches.Start + place, sizes[patches.Start + place]);
        }

        private static double Variance(double[] values)
        {
            double mean = values.Average();
            return values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens of a frame that leave in each block; null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("tokens of a frame that leave in each block; auto follows the retention", Symbol = "r", Minimum = 0)]
        public int? PerBlock { get; init; }

        /// <summary>
        /// 0-based blocks where tokens leave (official: 3, 6 and 9 of 12); null for the same shares of the loaded encoder's depth.
        /// </summary>
        [Parameter("blocks where tokens leave; auto: as deep as 3, 6 and 9 of 12", Minimum = 0)]
        public IReadOnlyList<int>? Blocks { get; init; }

        /// <summary>
        /// Variance of a frame's significances below which it is pooled: 0 always prunes, 1 always pools; null for
        /// <c>7e-5 (196 / N)^2</c>.
        /// </summary>
        [Parameter("variance of a frame's significances below which it is pooled; auto: 7e-5 (196 / N)^2", Minimum = 0)]
        public double? Threshold { get; init; }

        /// <summary>
        /// Whether the logarithm of a token's size is added to the attention logits of its key, and sizes are carried on.
        /// </summary>
        [Parameter("whether a merged token counts as often as its parts")]
        public bool Proportional { get; init; } = true;
    }
}
