using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// Shots: the video is cut where the colours of neighbouring frames differ, and every shot delivers its share of the frames.
/// </summary>
/// <remarks>
/// The oldest way to find cuts, by colour histograms; no paper is followed. It looks at small decoded pictures alone: nothing passes the
/// vision tower.
/// </remarks>
public sealed class Shots(Shots.Options options) : IFrameSelector
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "shots",
        Name = "Shots",
        Paper = "Baseline: frames shared out over the shots of the video, which are found by colour histograms",
        Places = MethodPlaces.Frames,
        Family = MethodFamily.Baseline,
        ChooseWhen = "edited videos: every shot is seen, however short, whatever the question; costs little more than decoding",
        BudgetRule =
            "as many frames as the model is to see, at least one of each shot and the rest by their lengths; where shots are more, only "
            + "the sharpest cuts count; the retention of tokens is not looked at",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> FrameNeeds { get; } = [SignalNeed.Of(new SignalRequest(Signal.FrameHistograms))];

    /// <inheritdoc/>
    public FrameChoice Select(FrameCandidates candidates)
    {
        double[] differences = Differences(candidates.Require(Signal.FrameHistograms).AsMatrix());
        int wanted = Math.Min(candidates.Wanted, candidates.Count), cuts = differences.Count(difference => difference > options.Threshold);
        Segment[] shots = Segmentation.FromCuts(TopK.Largest(differences, Math.Min(cuts, wanted - 1), EmitBy.Place), candidates.Count);
        int[] further = Budgets.InProportion(Array.ConvertAll(shots, shot => shot.Length - 1), wanted - shots.Length);
        IEnumerable<int> chosen = shots.SelectMany((shot, i) =>
            EvenSpacing.Middles(shot.Length, 1 + further[i]).Select(place => shot.Start + place));
        return new FrameChoice([.. chosen], trace: new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(shots) },
            { "differences", differences },
        });
    }

    /// <summary>Half of what changes from each histogram to the next: the share of the pixels that must have changed colour.</summary>
    private static double[] Differences(TokenMatrix histograms)
    {
        double[] differences = new double[histograms.Count - 1];
        float[] change = new float[histograms.Dimension];
        for (int i = 0; i < differences.Length; i++)
        {
            TensorPrimitives.Subtract(histograms[i + 1], histograms[i], change);
            differences[i] = TensorPrimitives.SumOfMagnitudes<float>(change) / 2.0;
        }
        return differences;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Share of the pixels that must change colour from one candidate to the next for a cut.</summary>
        [Parameter("share of the pixels that change colour at a cut", Minimum = 0, Maximum = 1)]
        public double Threshold { get; init; } = 0.4;
    }
}
