using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// ToMe: in every block of the encoder the most similar tokens are merged, and a merged token counts as often as its parts would have.
/// </summary>
/// <remarks>
/// "Token Merging: Your ViT But Faster", ICLR 2023, arXiv 2210.09461; facebookresearch/ToMe at af95e4b, tome/merge.py, tome/patch/timm.py,
/// tome/utils.py.
/// </remarks>
public sealed class ToMe(ToMe.Options options) : IEncoderReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "tome",
        Name = "ToMe",
        Paper = "Token Merging: Your ViT But Faster, ICLR 2023",
        ArXiv = "2210.09461",
        OfficialCode = "facebookresearch/ToMe af95e4b1befa172dadccd8c81e223b10090f9579",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "a faster vision tower on any footage, with little loss at half of the patches or more",
        BudgetRule =
            "floor(retention * patches) of each frame are left behind the last block, equally many merged in each, never more than "
            + "half of what is there; or perLayer with slope",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        Deviations =
        [
            "Behind the tower every patch has the value of the token that it went into, so that pooling and later methods keep the "
                + "grid; the official code goes on with the merged tokens.",
            "A zero key has cosine 0 with everything; the official code divides by zero.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => 1;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context) => new Run(
        options.PerLayer is { } count
            ? BlockSchedule.Line(context.Layers, count, options.Slope)
            : BlockSchedule.Retain(context.Layers, context.Grid.TokensPerFrame, options.Retention),
        options.Proportional);

    /// <summary>
    /// The repository's stride variant, one step on one sequence: of every k tokens the last is a target, and the others merge into the
    /// most similar target; what is beyond the last whole k is left out.
    /// </summary>
    /// <param name="metric"><c>[n, D]</c>.</param>
    /// <param name="sizes"><c>[n]</c>.</param>
    /// <param name="stride">k, from 1 to n.</param>
    public static ReductionPlan MergeByStride(TokenMatrix metric, IReadOnlyList<float> sizes, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stride, metric.Count);
        ILookup<bool, int> sides = Enumerable.Range(0, metric.Count / stride * stride).ToLookup(token => token % stride == stride - 1);
        var matching = SourceMatching.Of(metric, [.. sides[false]], [.. sides[true]], sides[false].Count());
        var plan = new ReductionPlanBuilder(metric.Count);
        AlternateMerging.EmitTargets(plan, matching, sizes);
        return plan.Build(new PlanTrace
        {
            { "sources", matching.Sources },
            { "targets", Array.ConvertAll(matching.Partners, partner => matching.Targets[partner]) }
        });
    }

    private sealed class Run(int[] schedule, bool proportional) : IEncoderRun
    {
        public bool ProportionalAttention => proportional;

        public EncoderNeeds? NeedsAt(EncoderPoint point) =>
            point.Moment == EncoderMoment.AfterAttention && schedule[point.Layer] > 0 ? new EncoderNeeds { Keys = true } : null;

        public EncoderStep? Decide(EncoderView view)
        {
            TokenMatrix metric = HeadMeans.Of(view.Keys!.Value, view.Context.Heads);
            var plan = new ReductionPlanBuilder(view.Count);
            var matchings = new List<SourceMatching>();
            int[] lengths = [.. view.SequenceLengths];
            for (int sequence = 0, start = 0; sequence < lengths.Length; start += view.SequenceLengths[sequence++])
            {
                int before = plan.Count;
                matchings.Add(AlternateMerging.Merge(
                    plan, metric, view.Sizes, start, lengths[sequence],
                    schedule[view.Point.Layer], view.Context.ClassTokens, view.Context.Parallel));
                lengths[sequence] = plan.Count - before;
            }
            return new EncoderStep(plan.Build(new PlanTrace
            {
                { "sources", matchings.SelectMany(matching => matching.AcceptedTokens()).ToArray() },
                { "targets", matchings.SelectMany(matching => matching.AcceptedTargets()).ToArray() },
            }), lengths);
        }
    }

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens merged in every block; null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("tokens merged in every block; auto follows the retention", Symbol = "r", Minimum = 0)]
        public int? PerLayer { get; init; }

        /// <summary>How <see cref="PerLayer"/> changes from the first block to the last: -1 falls from twice to nothing, 1 rises.</summary>
        [Parameter("from -1 (most in the first blocks) to 1 (most in the last), around perLayer", Minimum = -1, Maximum = 1)]
        public double Slope { get; init; }

        /// <summary>Whether the logarithm of a token's size is added to the attention logits of its key.</summary>
        [Parameter("whether a merged token counts as often as its parts in attention")]
        public bool Proportional { get; init; } = true;
    }
}
