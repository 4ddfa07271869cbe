using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>
/// VTM: some tokens are targets, more of them where the video has more to say; every other one merges into the most similar target.
/// </summary>
/// <remarks>
/// "Video Token Merging for Long-form Video Understanding", NeurIPS 2024, arXiv 2410.23782. No official code is published. There it acts
/// in a small transformer on top of frozen frame features; here between encoder and language model, once.
/// </remarks>
public sealed class Vtm(Vtm.Options options) : ITokenReducer
{
    private static readonly SignalNeed Keys = SignalNeed.Of(new SignalRequest(Signal.EncoderKeys));
    private static readonly SignalNeed Pixels = SignalNeed.Wish(new SignalRequest(Signal.Pixels));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "vtm",
        Name = "VTM",
        Paper = "Video Token Merging for Long-form Video Understanding, NeurIPS 2024",
        ArXiv = "2410.23782",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "videos whose point is what moves (motion) or stands in the middle (center); one merging step, no attention",
        BudgetRule =
            "exactly floor(retention * tokens), the targets; one in gamma tokens where that is given, at least one of each block input;"
            + " with mergeAtMost the sources that stay besides",
        Budget = BudgetPromise.Exact,
        Order = PlanOrder.Place,
        Positions = PositionRule.Original,
        Deviations =
        [
            "No code is published; read in the paper: evenly spaced targets, half of the targets in the centre, targets drawn by motion,"
                + " matching by keys, the plain mean.",
            "Chosen by this project: joined heads of the tower's last keys, spacing where gamma does not divide, the numbers of boundary"
                + " (the paper says only the opposite), drawing without replacement, ties, and the order of the output.",
            "It acts once, between encoder and language model, on blockFrames frames together; the paper acts in three trained blocks of 6,"
                + " 30 and 60 frames. Before that step every token stands for itself, so that a mean weighted by sizes is the plain one.",
            "Motion is the difference of the pixels to the frame before instead of the compressed stream's vectors; of the tokens, where"
                + " the pixels are not at hand.",
            "The learnable variant needs trained weights and is left out.",
            "The retention decides the number of targets; gamma counts as in the paper (6 was best for the learnable variant).",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs { get; } =
        options.Variant == Targets.Motion || options.Average == Weighting.Motion ? [Keys, Pixels] : [Keys];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        TokenMatrix keys = input.Require(Keys).AsMatrix();
        double[] motion = Needs.Contains(Pixels) ? Motion(input) : [];
        IEnumerable<int[]> chunks = Enumerable.Range(0, input.Grid.Frames).Chunk(options.BlockFrames ?? input.Grid.Frames);
        int[] blocks = [.. chunks.Select(frames => frames.Length)];
        int[] sizes = Array.ConvertAll(blocks, frames => frames * input.Grid.TokensPerFrame);
        int[] budgets = options.Gamma is { } gamma ? Array.ConvertAll(sizes, size => size / gamma)
            : Budgets.InProportion(sizes, Budgets.Total(options.Retention, input.Grid.Count));
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        var trace = (Targets: new List<int>(), Matches: new List<int>());
        for (int block = 0, first = 0; block < blocks.Length; first += sizes[block++])
        {
            double[] ofBlock = motion.Length > 0 ? Relative(motion.AsSpan(first, sizes[block])) : [];
            int[] targets = Choose(input.Grid with { Frames = blocks[block] }, Math.Max(1, budgets[block]), ofBlock);
            Merge(plan, first, keys.Slice(first, sizes[block]), targets, ofBlock, input.Parallel, trace);
        }
        return plan.Build(new PlanTrace { { "targets", trace.Targets.ToArray() }, { "matches", trace.Matches.ToArray() } });
    }

    /// <summary>Steps 1 to 5: the targets of a block input, rising.</summary>
    private int[] Choose(TokenGrid grid, int count, double[] motion)
    {
        if (options.Variant == Targets.Motion)
            return Drawn(motion, count);
        if (options.Variant == Targets.Naive || grid.Rows < 2 || grid.Columns < 2)
            return options.Gamma is { } gamma && gamma <= grid.Count
                ? [.. Enumerable.Range(1, count).Select(i => i * gamma - 1)]
                : EvenSpacing.Ends(grid.Count, count);
        int[] frames = options.Gamma is { } factor
            ? [.. Enumerable.Repeat(Math.Max(1, grid.TokensPerFrame / factor), grid.Frames)]
            : Budgets.Equal(count, grid.Frames);
        return [.. frames.SelectMany((share, frame) => InFrame(grid, share).Select(place => frame * grid.TokensPerFrame + place))];
    }

    /// <summary>Steps 3 and 4: evenly over the centre and evenly over the rest, by their shares.</summary>
    private IEnumerable<int> InFrame(TokenGrid grid, int count)
    {
        (int high, int wide) = (grid.Rows / 2, grid.Columns / 2);
        (int top, int left) = ((grid.Rows - high) / 2, (grid.Columns - wide) / 2);
        ILookup<bool, int> areas = Enumerable.Range(0, grid.TokensPerFrame).ToLookup(place =>
            IsWithin(place / grid.Columns, top, high) && IsWithin(place % grid.Columns, left, wide));
        int[] centre = [.. areas[true]], rest = [.. areas[false]];
        int inside = options.Variant == Targets.Center ? count / 2
            : options.Gamma is { } gamma ? 2 * centre.Length / (3 * gamma)
            : (int)(2L * centre.Length * count / (3L * grid.TokensPerFrame));
        inside = Math.Clamp(inside, count - Math.Min(count, rest.Length), Math.Min(count, centre.Length));
        int[] there = EvenSpacing.Ends(centre.Length, inside), elsewhere = EvenSpacing.Ends(rest.Length, count - inside);
        return there.Select(i => centre[i]).Concat(elsewhere.Select(i => rest[i])).Order();

        static bool IsWithin(int line, int first, int count) => line >= first && line < first + count;
    }

    /// <summary>Step 5: the largest motion, or as many draws without replacement, likelier by its exponential.</summary>
    private int[] Drawn(double[] motion, int count)
    {
        double[] scores = [.. motion];
        if (options.Draw)
        {
            var random = new Random(options.Seed);
            for (int i = 0; i < scores.Length; i++)
                scores[i] -= Math.Log(-Math.Log(random.NextDouble()));
        }
        return TopK.Largest(scores, count, EmitBy.Place);
    }

    /// <summary>
    /// How much each token differs from the one before it in time, over the whole video; the first frame moves like the second.
    /// </summary>
    private static double[] Motion(ReductionInput input)
    {
        // Of a step of several pictures the latest is compared.
        SignalValue? pixels = input.Find(Pixels);
        (int pictures, TokenMatrix values) = pixels is null ? (1, input.Features) : (pixels.Shape[1], pixels.AsMatrix());
        int perFrame = input.Grid.TokensPerFrame;
        double[] motion = new double[input.Grid.Count];
        float[] difference = new float[values.Dimension];
        for (int token = perFrame; token < motion.Length; token++)
        {
            int now = (token / perFrame * pictures + pictures - 1) * perFrame + token % perFrame;
            TensorPrimitives.Subtract(values[now], values[now - pictures * perFrame], difference);
            motion[token] = TensorPrimitives.SumOfMagnitudes<float>(difference) / difference.Length;
        }
        if (input.Grid.Frames > 1)
            motion.AsSpan(perFrame, perFrame).CopyTo(motion);
        return motion;
    }

    /// <summary>Divided by the mean over a block input, where anything moves.</summary>
    private static double[] Relative(ReadOnlySpan<double> motion)
    {
        double[] relative = motion.ToArray();
        double mean = TensorPrimitives.Sum(motion) / motion.Length;
        if (mean > 0)
            TensorPrimitives.Divide(relative, mean, relative);
        return relative;
    }

    /// <summary>Steps 6 to 9.</summary>
    private void Merge(
        ReductionPlanBuilder plan, int first, TokenMatrix keys, int[] targets, double[] motion, ParallelFor parallel,
        (List<int> Targets, List<int> Matches) trace)
    {
        int[] sources = [.. Enumerable.Range(0, keys.Count).Except(targets)];
        var matching = SourceMatching.Of(keys, sources, targets, Math.Min(options.MergeAtMost ?? sources.Length, sources.Length), parallel);
        var groups = targets.Zip(matching.Groups()).ToDictionary(pair => pair.First, pair => pair.Second);
        HashSet<int> staying = [.. matching.RefusedTokens()];
        for (int token = 0; token < keys.Count; token++)
            if (groups.TryGetValue(token, out int[]? joined))
                Emit(plan, first, [token, .. joined], motion);
            else if (staying.Contains(token))
                plan.Keep(first + token);
        int[] matches = [.. Enumerable.Repeat(-1, sources.Length)];
        foreach (int source in matching.Accepted)
            matches[source] = first + targets[matching.Partners[source]];
        trace.Targets.AddRange(targets.Select(target => first + target));
        trace.Matches.AddRange(matches);
    }

    private void Emit(ReductionPlanBuilder plan, int first, int[] members, double[] motion)
    {
        int[] tokens = Array.ConvertAll(members, member => first + member);
        double sum = options.Average == Weighting.Motion ? members.Sum(member => motion[member]) : 0;
        if (sum > 0)
            plan.Sum(tokens[0], tokens, Array.ConvertAll(members, member => (float)(motion[member] / sum)), tokens.Length);
        else
            plan.Mean(tokens[0], tokens);
    }

    /// <summary>Which tokens are targets.</summary>
    public enum Targets
    {
        /// <summary>More where things move.</summary>
        Motion,

        /// <summary>Evenly spaced.</summary>
        Naive,

        /// <summary>Half of them in the middle of the picture.</summary>
        Center,

        /// <summary>Fewer in the middle of the picture.</summary>
        Boundary,
    }

    /// <summary>How tokens are averaged.</summary>
    public enum Weighting
    {
        /// <summary>All alike.</summary>
        Plain,

        /// <summary>By motion; all alike where nothing moves.</summary>
        Motion,
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Which tokens are targets.</summary>
        [Parameter("which tokens are targets: where it moves, evenly, in the middle, or at the edges")]
        public Targets Variant { get; init; }

        /// <summary>
        /// One token in so many is a target (4 in the paper's example); null follows <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("one token in so many is a target; auto follows the retention", Symbol = "gamma", Minimum = 1)]
        public int? Gamma { get; init; }

        /// <summary>Sources merged at most, the most similar, of each block input; null for all.</summary>
        [Parameter("sources merged at most, in each block input; auto is all", Symbol = "R", Minimum = 0)]
        public int? MergeAtMost { get; init; }

        /// <summary>Frames whose tokens merge with each other (6 in the paper's first block); null for the whole video.</summary>
        [Parameter("frames whose tokens merge with each other; auto is the whole video", Symbol = "L", Minimum = 1)]
        public int? BlockFrames { get; init; }

        /// <summary>How tokens are averaged.</summary>
        [Parameter("how tokens are averaged")]
        public Weighting Average { get; init; }

        /// <summary>Whether targets are drawn by motion; otherwise the largest motion is taken.</summary>
        [Parameter("draw targets by motion; false takes the largest")]
        public bool Draw { get; init; } = true;

        /// <summary>Seed of the draw.</summary>
        [Parameter("seed of the draw", Minimum = 0, Maximum = int.MaxValue)]
        public int Seed { get; init; }
    }
}
