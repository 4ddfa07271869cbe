using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// AKS: the curve of the frames' scores is halved again and again unless a piece stands out; every piece delivers its best frames.
/// </summary>
/// <remarks>
/// "Adaptive Keyframe Sampling for Long Video Understanding", CVPR 2025, arXiv 2502.21271; ncTimTang/AKS at 4667501, frame_select.py. A
/// peaky video spends its frames at
/// the peaks, a flat one is covered evenly.
/// </remarks>
public sealed class Aks(Aks.Options options) : IFrameSelector
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "aks",
        Name = "AKS",
        Paper = "Adaptive Keyframe Sampling for Long Video Understanding, CVPR 2025",
        ArXiv = "2502.21271",
        OfficialCode = "ncTimTang/AKS 46675011a0ad67ad65559ac98235f2ce82102a2e",
        Places = MethodPlaces.Frames,
        Family = MethodFamily.Query,
        ChooseWhen = "long videos, a score of every candidate for the question at hand",
        BudgetRule = "as many frames as the model is to see; the retention of tokens is not looked at",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        Deviations =
        [
            "Pieces are halved no deeper than leaves each a frame, and frames lost to rounding go to the best candidates left;"
                + " officially fewer frames come out, even none (reproduce).",
            "Equal scores count as a flat curve; officially they become NaN, which splits to the end all the same (reproduce).",
            "With exactly as many candidates as wanted all are taken; officially they are split (reproduce).",
            "The official hand-over throws a short choice away for a uniform one; that is left to the caller.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> FrameNeeds { get; } = [SignalNeed.Of(new SignalRequest(Signal.FrameScores))];

    /// <inheritdoc/>
    public FrameChoice Select(FrameCandidates candidates) =>
        Select(Array.ConvertAll(candidates.Require(Signal.FrameScores).Values.ToArray(), score => (double)score), candidates.Wanted);

    /// <summary>Chooses by scores alone.</summary>
    /// <param name="scores"><c>[C]</c>: of every candidate, finite, in any range.</param>
    /// <param name="wanted">Frames wanted, at least 1.</param>
    public FrameChoice Select(ReadOnlySpan<double> scores, int wanted)
    {
        double[] thinned = new double[scores.Length / options.Ratio];
        for (int i = 0; i < thinned.Length; i++)
            thinned[i] = scores[i * options.Ratio];
        if (thinned.Length < wanted || (thinned.Length == wanted && !options.Reproduce))
            return new FrameChoice([.. Enumerable.Range(0, thinned.Length).Select(i => i * options.Ratio)]);
        double[] normalised = Normalised(thinned);
        List<Piece> pieces = Split(normalised, wanted);
        int[][] picked = [.. pieces.Select(piece => Best(normalised, piece, wanted >> piece.Depth))];
        IEnumerable<int> chosen = options.Reproduce ? picked.SelectMany(places => places) : FilledUp(picked, normalised, wanted);
        return new FrameChoice([.. chosen.Order().Select(i => i * options.Ratio)], trace: new PlanTrace
        {
            { "normalised", normalised },
            { "starts", pieces.Select(piece => piece.Span.Start * options.Ratio).ToArray() },
            { "lengths", pieces.Select(piece => piece.Span.Length).ToArray() },
            { "depths", pieces.Select(piece => piece.Depth).ToArray() },
            { "picked", Array.ConvertAll(picked, places => places.Length) },
        });
    }

    /// <summary>Step 3: scaled to 0..1; a flat curve is 0 everywhere, officially NaN.</summary>
    private double[] Normalised(double[] scores)
    {
        (double low, double high) = (scores.Min(), scores.Max());
        return Array.ConvertAll(scores, score => high > low || options.Reproduce ? (score - low) / (high - low) : 0);
    }

    /// <summary>Steps 4 and 5: level by level, pieces that stand out or are deep enough come to rest.</summary>
    private List<Piece> Split(double[] scores, int wanted)
    {
        int deepest = options.Reproduce ? options.Depth : Math.Min(options.Depth, (int)Math.Log2(wanted));
        var final = new List<Piece>();
        List<Piece> level = [new Piece(new Segment(0, scores.Length), 0)];
        while (level.Count > 0)
        {
            var next = new List<Piece>();
            foreach (Piece piece in level)
            {
                if (piece.Depth == deepest || StandsOut(scores, piece, wanted))
                {
                    final.Add(piece);
                    continue;
                }
                int half = piece.Span.Length / 2;
                next.Add(new Piece(new Segment(piece.Span.Start, half), piece.Depth + 1));
                next.Add(new Piece(new Segment(piece.Span.Start + half, piece.Span.Length - half), piece.Depth + 1));
            }
            level = next;
        }
        return final;
    }

    private bool StandsOut(double[] scores, Piece piece, int wanted)
    {
        if (piece.Span.Length == 0)
            return false;
        double[] values = scores[piece.Span.Start..piece.Span.End];
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        double best = values.OrderDescending().Take(wanted).Average();
        return best - mean > options.PeakThreshold && deviation > options.SpreadThreshold;
    }

    private static int[] Best(double[] scores, Piece piece, int count) =>
        [.. TopK.Largest(scores.AsSpan(piece.Span.Start, piece.Span.Length), Math.Min(count, piece.Span.Length), EmitBy.Place)
            .Select(i => piece.Span.Start + i)];

    private static IEnumerable<int> FilledUp(int[][] picked, double[] scores, int wanted)
    {
        HashSet<int> chosen = [.. picked.SelectMany(places => places)];
        foreach (int i in TopK.Largest(scores, scores.Length, EmitBy.Score))
            if (chosen.Count < wanted)
                chosen.Add(i);
        return chosen;
    }

    private readonly record struct Piece(Segment Span, int Depth);

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Every so-many-th candidate is looked at.</summary>
        [Parameter("every so-many-th candidate is looked at", Minimum = 1)]
        public int Ratio { get; init; } = 1;

        /// <summary>How far a piece's best scores must lie above its mean for it to stay whole, scores scaled to 0..1.</summary>
        [Parameter("how far the best must lie above the mean for a piece to stay whole", Symbol = "t1")]
        public double PeakThreshold { get; init; } = 0.8;

        /// <summary>A piece must also spread by more than this to stay whole.</summary>
        [Parameter("a piece must spread by more than this to stay whole", Symbol = "t2")]
        public double SpreadThreshold { get; init; } = -100;

        /// <summary>Deepest level of halving.</summary>
        [Parameter("deepest level of halving", Minimum = 0, Maximum = 30)]
        public int Depth { get; init; } = 5;

        /// <summary>Halves to the full depth and loses what rounding loses, as the official code does.</summary>
        [Parameter("halve to the full depth and lose what rounding loses, as the official code does")]
        public bool Reproduce { get; init; }
    }
}
