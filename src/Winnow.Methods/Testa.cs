using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// TESTA: in every block whole frames are merged, all patch places voting on which frame goes into which, and then the patches of each
/// frame by themselves.
/// </summary>
/// <remarks>
/// "TESTA: Temporal-Spatial Token Aggregation for Long-form Video-Language Understanding", EMNLP 2023 Findings, arXiv 2310.19060;
/// RenShuhuai-Andy/TESTA at 41b9486, testa/merge.py.
/// </remarks>
public sealed class Testa(Testa.Options options) : IEncoderReducer
{
    // Official, of 32 frames with 196 patches: a frame less and 12 patches less in each of 12 blocks.
    private const double OfficialFrames = 20.0 / 32;
    private const double OfficialPatches = 52.0 / 196;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "testa",
        Name = "TESTA",
        Paper = "TESTA: Temporal-Spatial Token Aggregation for Long-form Video-Language Understanding, EMNLP 2023 Findings",
        ArXiv = "2310.19060",
        OfficialCode = "RenShuhuai-Andy/TESTA 41b9486d1cc2eb0f6f494830b7c16e3a2003e834",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "long still stretches: whole frames go, and the tower's cost falls from its first block on",
        BudgetRule =
            "about retention * patches of a group are left behind the last block, shared between fewer frames and fewer patches of each as "
            + "in the official runs, evenly over the blocks; or perStep",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        ExtraCost =
            "in every block cosines of half of the frames with the other half, place by place, and of half of a frame's patches with the "
            + "other half",
        Deviations =
        [
            "A tower without attention over time has no keys of it: frames are compared by their states before the block. Such a tower "
                + "sees time through this merging alone.",
            "Behind the tower every patch has the value of the token that it went into, so that pooling and later methods keep the "
                + "grid; the official code goes on with the merged tokens.",
            "Frames are merged within groups of frames that pass the tower together; the official code takes the whole video.",
            "Without a class token the patches at even places propose; with one, as in the official code, those at odd places.",
            "A zero vector has cosine 0 with everything; the official code divides by zero.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => MergesFrames ? options.GroupFrames : 1;

    private bool MergesFrames => options.Mode != Aggregation.Patch;

    private bool MergesPatches => options.Mode != Aggregation.Frame;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context)
    {
        int[] frames = new int[context.Layers], patches = new int[context.Layers];
        bool[] forFrames = [.. Steps(context.Layers)];
        int[] merged = options.PerStep is { } given ? Repeated(given, forFrames.Length) : FromRetention(context, forFrames);
        for (int step = 0; step < merged.Length; step++)
            (forFrames[step] ? frames : patches)[step * context.Layers / merged.Length] = merged[step];
        return new Run(frames, patches, MergesPatches ? 1 : 0);
    }

    /// <summary>The steps of all blocks in order: whether each merges frames.</summary>
    private IEnumerable<bool> Steps(int layers) => Enumerable.Range(0, layers).SelectMany(layer => options.Mode switch
    {
        Aggregation.Frame => (bool[])[true],
        Aggregation.Patch => [false],
        Aggregation.FramePatch => [layer % 2 == 0],
        Aggregation.PatchFrame => [layer % 2 == 1],
        _ => [true, false],
    });

    private int[] Repeated(IReadOnlyList<int> given, int steps)
    {
        if (given.Count == 0 || steps % given.Count != 0 || (options.Mode == Aggregation.FrameAndPatch && given.Count % 2 != 0))
            throw new ArgumentException(
                $"perStep has {given.Count} numbers for {steps} steps; give one for each, or a part that repeats"
                + (options.Mode == Aggregation.FrameAndPatch ? ", such as frames,patches of a block." : "."));
        return [.. Enumerable.Range(0, steps).Select(step => given[step % given.Count])];
    }

    private int[] FromRetention(EncoderContext context, bool[] forFrames)
    {
        double share = options.Mode switch
        {
            Aggregation.Frame => 1,
            Aggregation.Patch => 0,
            _ => Math.Log(OfficialFrames) / Math.Log(OfficialFrames * OfficialPatches),
        };
        int frames = context.Grid.Frames, patches = context.Grid.TokensPerFrame;
        // Two frames are never merged where patches are merged too.
        int fewest = Math.Min(frames, MergesPatches ? 2 : 1);
        int framesLeft = Math.Clamp((int)Math.Round(frames * Math.Pow(options.Retention, share)), fewest, frames);
        int patchesLeft = Math.Clamp((int)(options.Retention * frames * patches / framesLeft), 1, patches);
        int frameSteps = forFrames.Count(isFrames => isFrames), patchSteps = forFrames.Length - frameSteps;
        var ofFrames = new Queue<int>(frameSteps > 0 ? Budgets.Equal(frames - framesLeft, frameSteps) : []);
        var ofPatches = new Queue<int>(patchSteps > 0 ? Budgets.Equal(patches - patchesLeft, patchSteps) : []);
        return Array.ConvertAll(forFrames, isFrames => (isFrames ? ofFrames : ofPatches).Dequeue());
    }

    private sealed class Run(int[] frames, int[] patches, int exempt) : IEncoderRun
    {
        public bool ProportionalAttention => false;

        public EncoderNeeds? NeedsAt(EncoderPoint point) => point.Moment switch
        {
            EncoderMoment.BeforeBlock when frames[point.Layer] > 0 => EncoderNeeds.States,
            EncoderMoment.AfterAttention when patches[point.Layer] > 0 => new EncoderNeeds { Keys = true },
            _ => null,
        };

        public EncoderStep? Decide(EncoderView view)
        {
            SequenceRows[] sequences = SequenceRows.Of(view, view.Context.ClassTokens);
            return view.Point.Moment == EncoderMoment.BeforeBlock ? MergeFrames(view, sequences) : MergePatches(view, sequences);
        }

        private EncoderStep? MergeFrames(EncoderView view, SequenceRows[] all)
        {
            int merged = Math.Min(frames[view.Point.Layer], (all.Length - exempt) / 2), places = all[0].Patches;
            if (merged <= 0 || places == 0)
                return null;
            if (all.Any(frame => frame.Patches != places))
                throw new WinnowException(
                    "TESTA merges whole frames, and these have different numbers of patches; leave out the method before the encoder, or "
                    + "set mode=patch.");
            TokenMatrix metric = view.Keys is { } keys ? HeadMeans.Of(keys, view.Context.Heads) : view.Hidden;
            var vote = FrameVote.Of(metric, Array.ConvertAll(all, frame => frame.FirstPatch), places);
            int[] ranking = TopK.Largest(vote.Confidence, vote.Confidence.Length, EmitBy.Score), sources = ranking[..merged];
            int[] targets = Array.ConvertAll(sources, source => 2 * vote.Targets[source] + 1);
            var plan = new ReductionPlanBuilder(view.Count);
            IEnumerable<int> odd = Enumerable.Range(0, all.Length / 2).Select(number => 2 * number + 1);
            int[] kept = [.. ranking[merged..].Order().Select(even => 2 * even), .. odd];
            foreach (int frame in kept)
            {
                for (int row = all[frame].Start; row < all[frame].FirstPatch; row++)
                    plan.Keep(row);
                int[] into = [.. Enumerable.Range(0, merged).Where(i => targets[i] == frame).Select(i => 2 * sources[i]).Order()];
                for (int place = 0; place < places; place++)
                    plan.MergeInto(
                        all[frame].FirstPatch + place, Array.ConvertAll(into, other => all[other].FirstPatch + place), view.Sizes);
            }
            return new EncoderStep(plan.Build(new PlanTrace
            {
                { "sources", Array.ConvertAll(sources, source => 2 * source) },
                { "targets", targets },
                { "kept", kept },
            }), Array.ConvertAll(kept, frame => all[frame].Count));
        }

        private EncoderStep MergePatches(EncoderView view, SequenceRows[] sequences)
        {
            TokenMatrix metric = HeadMeans.Of(view.Keys!.Value, view.Context.Heads);
            var plan = new ReductionPlanBuilder(view.Count);
            SourceMatching[] matchings = Array.ConvertAll(sequences, rows => PatchMerging.Merge(
                plan,
                metric,
                view.Sizes,
                [.. Enumerable.Range(rows.Start, rows.Special)],
                [.. Enumerable.Range(rows.FirstPatch, rows.Patches)],
                Merged(rows),
                view.Context.Parallel));
            return new EncoderStep(plan.Build(new PlanTrace
            {
                { "sources", matchings.SelectMany(matching => matching.AcceptedTokens()).ToArray() },
                { "targets", matchings.SelectMany(matching => matching.AcceptedTargets()).ToArray() },
            }), Array.ConvertAll(sequences, rows => rows.Count - Merged(rows)));

            int Merged(SequenceRows rows) => Math.Min(patches[view.Point.Layer], rows.Patches / 2);
        }
    }

    /// <summary>What is merged in which block.</summary>
    public enum Aggregation
    {
        /// <summary>Frames, then patches, in every block.</summary>
        FrameAndPatch,

        /// <summary>Frames alone.</summary>
        Frame,

        /// <summary>Patches alone.</summary>
        Patch,

        /// <summary>Frames in the first block, patches in the second, and so on.</summary>
        FramePatch,

        /// <summary>Patches in the first block, frames in the second, and so on.</summary>
        PatchFrame,
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>What is merged in which block.</summary>
        [Parameter("what is merged in which block")]
        public Aggregation Mode { get; init; }

        /// <summary>Frames or patches merged at each step, a block having two in frame-and-patch; a shorter list repeats.</summary>
        [Parameter("merged at each step, in frame-and-patch frames,patches of a block; auto follows the retention",
            Symbol = "r", Minimum = 0)]
        public IReadOnlyList<int>? PerStep { get; init; }

        /// <summary>Frames that pass the tower together.</summary>
        [Parameter("frames that pass the tower together and can be merged; memory grows with them", Minimum = 1)]
        public int GroupFrames { get; init; } = 8;
    }
}
