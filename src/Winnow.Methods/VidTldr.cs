using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// vid-TLDR: in the first blocks of the encoder tokens of a whole clip are merged, of which those with a blurred attention count as
/// background and leave no trace.
/// </summary>
/// <remarks>
/// "vid-TLDR: Training Free Token merging for Light-weight Video Transformer", CVPR 2024, arXiv 2403.13347; mlvlab/vid-TLDR at a25051d,
/// utils/vid_TLDR.py and the attention of its video transformer.
/// </remarks>
public sealed class VidTldr(VidTldr.Options options) : IEncoderReducer
{
    private static readonly EncoderNeeds PlainAttention = new() { Attention = new EncoderAttention(WithSizes: false) };

    // 600, 200 and 100 tokens in the first three blocks, as shares of all that leave (UMT-B on MSR-VTT).
    private static readonly double[] OfficialCourse = [6 / 9.0, 8 / 9.0];

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vid-tldr",
        Name = "vid-TLDR",
        Paper = "vid-TLDR: Training Free Token merging for Light-weight Video Transformer, CVPR 2024",
        ArXiv = "2403.13347",
        OfficialCode = "mlvlab/vid-TLDR a25051d4a4808ce2b480bd1a80a96f68c21aa5cb",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "a faster vision tower on clips with much background: what leaves does so in the first blocks",
        BudgetRule = "floor(retention * patches) of a clip are left, 6/9, 2/9 and 1/9 of what goes in the first three blocks, more in "
            + "later ones where a half is not enough; or perLayer; never more than half of what is there in a block",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        ExtraCost = "in the blocks where it acts the whole attention map, O(H T N), and cosines of half of a clip's tokens with the other "
            + "half, O(T^2 D / 4), T = groupFrames * N",
        Deviations =
        [
            "Attention stays inside a frame, as SigLIP was trained; matching goes over the frames of a clip, and a merged token is seen by "
                + "the frame of its target.",
            "Behind the tower every patch has the value of the token that it went into; background that left no trace has that too.",
            "A clip is 8 frames, the official runs take 12; counts of perLayer shrink with the frames of a shorter last clip.",
            "Attention of exactly 0 adds nothing to the entropy, and where all tokens are equally sharp none is background; officially "
                + "both are not a number. A vector of zeros has cosine 0 with everything.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => options.GroupFrames;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context) => options.PerLayer is { } counts && counts.Count > context.Layers
        ? throw new ArgumentException($"perLayer gives {counts.Count} numbers; the vision encoder has {context.Layers} blocks.")
        : new Run(options, context);

    /// <summary>
    /// Salience of tokens from the sharpness of their attention: 0 where it is below the mean, and from there to 1 at the sharpest.
    /// </summary>
    private static double[] Salience(double[] sharpness, out bool[] background)
    {
        double least = sharpness.Min(), spread = sharpness.Max() - least;
        double[] salience = Array.ConvertAll(sharpness, value => spread > 0 ? (value - least) / spread : 1);
        double mean = spread > 0 ? salience.Average() : 0;
        background = Array.ConvertAll(salience, value => value < mean);
        return Array.ConvertAll(salience, value => Math.Max(0, value - mean) / (1 - mean));
    }

    private sealed class Run(Options options, EncoderContext context) : IEncoderRun
    {
        private int _atFirst;
        private int _left;

        public bool ProportionalAttention => true;

        public EncoderNeeds? NeedsAt(EncoderPoint point) =>
            point.Moment == EncoderMoment.AfterAttention && Wanted(point.Layer) > 0 ? PlainAttention : null;

        public EncoderStep? Decide(EncoderView view)
        {
            RowRange[] sequences = PatchSequences.Of(view);
            int[] patches = [.. sequences.SelectMany(sequence => Enumerable.Range(sequence.Start, sequence.Length))];
            if (_atFirst == 0)
                _atFirst = _left = patches.Length;
            int pairs = Math.Min(Wanted(view.Point.Layer), patches.Length / 2);
            if (pairs <= 0)
                return null;
            _left -= pairs;
            double[] sharpness = Sharpness(view, sequences), salience = Salience(sharpness, out bool[] background);
            var matching = SourceMatching.Of(view.Hidden, Alternate(patches, 0), Alternate(patches, 1), pairs, view.Context.Parallel);
            return new EncoderStep(Merge(view, matching, Weights(view, patches, salience), out int[] lengths).Build(new PlanTrace
            {
                { "sharpness", sharpness },
                { "salience", salience },
                { "background", background },
                { "sources", matching.AcceptedTokens() },
                { "targets", matching.AcceptedTargets() },
            }), lengths);
        }

        /// <summary>How many tokens are to leave in a block; before the first one is seen, whether any are.</summary>
        private int Wanted(int layer)
        {
            if (options.PerLayer is { } counts)
                return layer >= counts.Count ? 0
                    : counts[layer] < 1 ? _atFirst > 0 || counts[layer] == 0 ? (int)(_left * counts[layer]) : 1
                    : (int)(counts[layer] * context.Grid.Frames / options.GroupFrames);
            if (_atFirst == 0)
                return options.Retention < 1 ? 1 : 0;
            int leaving = _atFirst - Math.Max(1, Budgets.Round(options.Retention * _atFirst, Rounding.Floor));
            return _left - (_atFirst - (layer < OfficialCourse.Length ? (int)(leaving * OfficialCourse[layer]) : leaving));
        }

        private static double[] Sharpness(EncoderView view, RowRange[] sequences)
        {
            var sharpness = new List<double>();
            for (int i = 0; i < sequences.Length; i++)
            {
                double[] rows = new double[view.SequenceLengths[i]];
                if (rows.Length > 0)
                    AttentionEntropy.Negative(view.Attention![i], rows);
                sharpness.AddRange(rows.AsSpan(rows.Length - sequences[i].Length));
            }
            return [.. sharpness];
        }

        private static int[] Alternate(int[] patches, int first) => [.. patches.Where((_, i) => i % 2 == first)];

        /// <summary>Size times salience, for tokens that are sources.</summary>
        private static double[] Weights(EncoderView view, int[] patches, double[] salience)
        {
            double[] weights = new double[view.Count];
            for (int i = 0; i < patches.Length; i++)
                weights[patches[i]] = salience[i] * view.Sizes[patches[i]];
            return weights;
        }

        /// <summary>Sources that stay, then targets, which count with their whole size whatever their salience.</summary>
        private static ReductionPlanBuilder Merge(EncoderView view, SourceMatching matching, double[] weights, out int[] lengths)
        {
            int[][] groups = matching.Groups();
            Dictionary<int, int[]> joining = matching.Targets.Zip(groups).ToDictionary(pair => pair.First, pair => pair.Second);
            var plan = new ReductionPlanBuilder(view.Count);
            foreach (int row in PatchSequences.Arrange(view, matching.RefusedTokens().Order().Concat(matching.Targets), out lengths))
            {
                int[] sources = joining.GetValueOrDefault(row, []);
                double total = view.Sizes[row] + sources.Sum(source => weights[source]);
                float[] shares = [(float)(view.Sizes[row] / total), .. sources.Select(source => (float)(weights[source] / total))];
                plan.Sum(row, [row, .. sources], shares, (float)total);
            }
            return plan;
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Tokens of a clip that leave in each block from the first on: whole numbers, or shares below 1 of those present; null follows
        /// <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("tokens or shares of a clip that leave in each block from the first on; auto follows the retention",
            Symbol = "r", Minimum = 0)]
        public IReadOnlyList<double>? PerLayer { get; init; }

        /// <summary>Frames of a clip, over which tokens are matched.</summary>
        [Parameter("frames of a clip, over which tokens are matched", Minimum = 1)]
        public int GroupFrames { get; init; } = 8;

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            foreach (double count in PerLayer ?? [])
                if (count > 1 && count != Math.Truncate(count))
                    throw new ArgumentException(
                        FormattableString.Invariant($"perLayer holds {count}; numbers from 1 on are tokens and must be whole."));
        }
    }
}
