using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>F2C: anchor frames that answer the question become short clips, paid for with resolution.</summary>
/// <remarks>
/// "From Frames to Clips: Efficient Key Clip Selection for Long-Form Video Understanding", 2025, arXiv 2510.02262. No official code was
/// found; the formulas are those of a
/// third-party re-implementation that cites the paper's equations 6 to 8 and its Algorithm 1.
/// </remarks>
public sealed class F2c(F2c.Options options) : IFrameSelector
{
    private const int Rounds = 25;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "f2c",
        Name = "F2C",
        Paper = "From Frames to Clips: Efficient Key Clip Selection for Long-Form Video Understanding, 2025",
        ArXiv = "2510.02262",
        Places = MethodPlaces.Frames,
        Family = MethodFamily.Query,
        ChooseWhen = "long videos with questions about motion; embeddings of frames beside the question's",
        BudgetRule = "the cost of as many whole frames as the model is to see; clips have more frames, each made smaller",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        Deviations =
        [
            "Seen: abstract, introduction and public summaries: anchors that are relevant and spread, clips of adaptive length at a"
                + " scale that keeps the cost.",
            "From a third party: the watershed, the k-means in time, the greatest scale 2, the weights 0.5 and 0.05, the smaller"
                + " scale for a frame of two clips.",
            "Chosen: k-means from quantiles with ties to the lower centre, an empty group's centre staying where it is; clips of"
                + " lowest objective dropped where they cost too much.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> FrameNeeds { get; } =
        [SignalNeed.Of(new SignalRequest(Signal.FrameEmbeddings)), SignalNeed.Of(new SignalRequest(Signal.TextEmbeddings))];

    /// <inheritdoc/>
    public FrameChoice Select(FrameCandidates candidates)
    {
        TokenMatrix embeddings = candidates.Require(Signal.FrameEmbeddings).AsMatrix();
        TokenMatrix question = FrameVectors.Question(candidates.Require(Signal.TextEmbeddings).AsMatrix());
        double[] relevance = Similarity.Cosines(embeddings, question).Values;
        if (candidates.Count <= candidates.Wanted)
            return new FrameChoice([.. Enumerable.Range(0, candidates.Count)], trace: new PlanTrace { { "relevance", relevance } });
        int[] anchors = Anchors(relevance, Math.Min(options.Anchors ?? candidates.Wanted, candidates.Wanted));
        double perAnchor = (double)candidates.Wanted / anchors.Length;
        int affordable = (int)Math.Round(options.GreatestScale * options.GreatestScale * perAnchor, MidpointRounding.ToEven);
        int longest = Math.Clamp(affordable, 1, candidates.Count);
        var sums = new RunningSums(embeddings, relevance);
        List<Clip> clips = [.. anchors.Select(anchor => BestClip(sums, anchor, longest, candidates.Count, perAnchor))];
        SortedDictionary<int, double> frames = Spread(clips);
        while (clips.Count > 1 && Cost(frames) > candidates.Wanted)
        {
            clips.Remove(clips.MinBy(clip => clip.Objective)!);
            frames = Spread(clips);
        }
        return new FrameChoice([.. frames.Keys], [.. frames.Values], new PlanTrace
        {
            { "relevance", relevance },
            { "anchors", anchors },
            { "clip_starts", clips.Select(clip => clip.Frames.Start).ToArray() },
            { "clip_lengths", clips.Select(clip => clip.Frames.Length).ToArray() },
        });
    }

    /// <summary>
    /// Step 2: the best frame between every two valleys; where those are too many, the best of each of the wanted groups in time.
    /// </summary>
    private static int[] Anchors(double[] relevance, int wanted)
    {
        int last = relevance.Length - 1;
        int[] valleys = [.. Enumerable.Range(0, relevance.Length)
            .Where(i => i == 0 || i == last || (relevance[i] <= relevance[i - 1] && relevance[i] <= relevance[i + 1]))];
        int[] candidates = [.. valleys.Zip(valleys.Skip(1), Highest).Distinct()];
        if (candidates.Length <= wanted)
            return candidates;
        int[] groups = TimeGroups(candidates, wanted);
        int[] anchors = [.. Enumerable.Range(0, candidates.Length).GroupBy(i => groups[i])
            .Select(group => candidates[group.MaxBy(i => relevance[candidates[i]])])];
        IEnumerable<int> unused = candidates.Except(anchors).OrderByDescending(candidate => relevance[candidate]);
        return [.. anchors.Concat(unused.Take(wanted - anchors.Length)).Order()];

        int Highest(int from, int to) => from + TensorPrimitives.IndexOfMax<double>(relevance.AsSpan(from, to - from + 1));
    }

    /// <summary>One-dimensional k-means of rising times, from their quantiles.</summary>
    private static int[] TimeGroups(int[] times, int count)
    {
        double[] centres = [.. Enumerable.Range(0, count).Select(c => Quantile(times, count == 1 ? 0 : (double)c / (count - 1)))];
        int[] groups = new int[times.Length];
        for (int round = 0; round < Rounds; round++)
        {
            int[] nearest = Array.ConvertAll(times, Nearest);
            if (round > 0 && nearest.SequenceEqual(groups))
                break;
            groups = nearest;
            foreach (IGrouping<int, int> group in Enumerable.Range(0, times.Length).GroupBy(i => nearest[i]))
                centres[group.Key] = group.Average(i => times[i]);
        }
        return groups;

        int Nearest(int time) => TensorPrimitives.IndexOfMin<double>(Array.ConvertAll(centres, centre => Math.Abs(centre - time)));
    }

    private static double Quantile(int[] rising, double share)
    {
        double place = share * (rising.Length - 1);
        int below = Math.Min((int)place, rising.Length - 1), above = Math.Min(below + 1, rising.Length - 1);
        return rising[below] + (place - below) * (rising[above] - rising[below]);
    }

    /// <summary>Steps 4 and 5: the length of highest objective, the shortest on ties, and the scale that pays for it.</summary>
    private Clip BestClip(RunningSums sums, int anchor, int longest, int frames, double perAnchor)
    {
        Clip? best = null;
        for (int length = 1; length <= longest; length++)
        {
            int start = Math.Clamp(anchor - (length - 1) / 2, 0, frames - length);
            (double relevance, double redundancy) = sums.Of(start, length);
            double objective = relevance - options.RedundancyWeight * redundancy + options.LengthWeight * length / longest;
            if (best is null || objective > best.Objective)
                best = new Clip(new Segment(start, length), Math.Clamp(Math.Sqrt(length / perAnchor), 1, options.GreatestScale), objective);
        }
        return best!;
    }

    /// <summary>Step 6: a frame of several clips is shown once, at the highest resolution.</summary>
    private static SortedDictionary<int, double> Spread(List<Clip> clips)
    {
        var frames = new SortedDictionary<int, double>();
        foreach (Clip clip in clips)
            for (int frame = clip.Frames.Start; frame < clip.Frames.End; frame++)
                frames[frame] = Math.Min(clip.Scale, frames.GetValueOrDefault(frame, double.PositiveInfinity));
        return frames;
    }

    private static double Cost(SortedDictionary<int, double> frames) => frames.Values.Sum(scale => 1 / (scale * scale));

    /// <summary>A run of frames, what each is divided by, and how good it is.</summary>
    private sealed record Clip(Segment Frames, double Scale, double Objective);

    /// <summary>
    /// Sums over all frames before each one, so that any clip's mean relevance and mean likeness of its pairs cost one look.
    /// </summary>
    private sealed class RunningSums
    {
        private readonly RealMatrix _vectors;
        private readonly double[] _squares;
        private readonly double[] _relevance;

        public RunningSums(TokenMatrix embeddings, double[] relevance)
        {
            _vectors = new RealMatrix(embeddings.Count + 1, embeddings.Dimension);
            _squares = new double[embeddings.Count + 1];
            _relevance = new double[embeddings.Count + 1];
            double[] inverse = Similarity.InverseNorms(embeddings);
            double[] unit = new double[embeddings.Dimension];
            for (int i = 0; i < embeddings.Count; i++)
            {
                TensorPrimitives.ConvertTruncating(embeddings[i], unit.AsSpan());
                TensorPrimitives.Multiply(unit, inverse[i], unit);
                TensorPrimitives.Add(_vectors[i], unit, _vectors[i + 1]);
                _squares[i + 1] = _squares[i] + TensorPrimitives.SumOfSquares<double>(unit);
                _relevance[i + 1] = _relevance[i] + relevance[i];
            }
        }

        /// <summary>
        /// Mean relevance, and the mean product of two different frames: <c>(|sum|^2 - sum of squares) / (l (l - 1))</c>, 0 for one
        /// frame.
        /// </summary>
        public (double Relevance, double Redundancy) Of(int start, int length)
        {
            double relevance = (_relevance[start + length] - _relevance[start]) / length;
            if (length == 1)
                return (relevance, 0);
            double distance = TensorPrimitives.Distance<double>(_vectors[start + length], _vectors[start]);
            return (relevance, (distance * distance - (_squares[start + length] - _squares[start])) / (length * (length - 1.0)));
        }
    }

    /// <summary>Parameters; the defaults are a third party's.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Most anchors; null for as many as the model is to see frames.</summary>
        [Parameter("most anchors; auto for as many as frames are wanted", Symbol = "K_anchor", Minimum = 1)]
        public int? Anchors { get; init; }

        /// <summary>The most that both sides of a frame are divided by.</summary>
        [Parameter("the most that both sides of a frame are divided by", Symbol = "s_max", Minimum = 1)]
        public double GreatestScale { get; init; } = 2;

        /// <summary>Weight of the likeness of a clip's frames to each other.</summary>
        [Parameter("weight of the likeness of a clip's frames to each other", Symbol = "lambda_r", Minimum = 0)]
        public double RedundancyWeight { get; init; } = 0.5;

        /// <summary>Weight of a clip's length.</summary>
        [Parameter("weight of a clip's length", Symbol = "lambda_l", Minimum = 0)]
        public double LengthWeight { get; init; } = 0.05;
    }
}
