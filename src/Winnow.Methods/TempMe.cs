using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// TempMe: a mild merging inside each frame, and at a few deep blocks neighbouring clips become one sequence, whose patches are merged
/// across frames before the block's attention and once more behind it.
/// </summary>
/// <remarks>
/// "TempMe: Video Temporal Token Merging for Efficient Text-Video Retrieval", ICLR 2025, arXiv 2409.01156; LunarShen/TempMe at e624930,
/// module_tome_merge.py, module_tome_patch.py, get_video_feat of modeling.py.
/// </remarks>
public sealed class TempMe(TempMe.Options options) : IEncoderReducer
{
    private const int OfficialDepth = 12;

    // Official: 2 of 50 tokens in each early block, 30 % of the joined tokens, 10 % behind the attention.
    private const double OfficialEarly = 0.04;
    private const double OfficialJoin = 0.3;
    private const double OfficialClip = 0.1;

    // Times the official strength at which an early block takes half of its patches; nothing merges more than that.
    private const double MostStrength = 0.5 / OfficialEarly;
    private static readonly int[] OfficialBlocks = [8, 9, 10];

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "tempme",
        Name = "TempMe",
        Paper = "TempMe: Video Temporal Token Merging for Efficient Text-Video Retrieval, ICLR 2025",
        ArXiv = "2409.01156",
        OfficialCode = "LunarShen/TempMe e62493037bc6defb95b281c6e720b7d6afcbd607",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "neighbouring frames show the same, and a tenth of the tower's tokens is enough at its end",
        BudgetRule =
            "the official strengths of all merges are scaled alike, so that about retention * patches of a group are left behind the last "
            + "block, as far as halving at every merge allows; perBlock, joinShare and clipShare override",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        ExtraCost =
            "cosines of half of the patches with the other half in every block's keys, and of a whole clip's states where clips join",
        Deviations =
        [
            "The training-free form: no learned frame embedding where clips join, and no low-rank additions to the projections.",
            "Behind the tower every patch has the value of the token that it went into, so that pooling and later methods keep the "
                + "grid; the official code goes on with the class tokens alone.",
            "Clips left over at the end of a group join as they are; the official code needs whole groups.",
            "An early block merges at most half of its patches; the official code fails beyond.",
            "A zero vector has cosine 0 with everything; the official code divides by zero.",
            "Joining blocks are the same shares of the depth as the official 8, 9 and 10 of 12, unless given; where the tower is so "
                + "shallow that several fall on one, they join there together.",
            "A retention of 1 merges nothing and leaves frames apart.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => options.FramesJoined.Aggregate(1, (frames, joined) => frames * joined);

    private bool Rests => options is { Retention: 1, PerBlock: null, JoinShare: null, ClipShare: null };

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context)
    {
        if (Rests)
            return new Run(new Schedule(new int[context.Layers], 0, 0, 0));
        int[] blocks = options.JoiningBlocks is { } given ? EncoderBlocks.Of(given, [], OfficialDepth, context.Layers)
            : Array.ConvertAll(OfficialBlocks, block => (int)Math.Round((double)block * context.Layers / OfficialDepth));
        blocks = Array.ConvertAll(blocks, block => Math.Min(block, context.Layers - 1));
        StageShares.RequireOneEach(options.FramesJoined.Count, blocks.Length, "framesJoined");
        int[] joined = [.. Enumerable.Repeat(1, context.Layers)];
        for (int i = 0; i < blocks.Length; i++)
            joined[blocks[i]] *= options.FramesJoined[i];
        return new Run(Strongest(joined, context));
    }

    /// <summary>The mildest strength that leaves no more than the retention.</summary>
    private Schedule Strongest(int[] joined, EncoderContext context)
    {
        double wanted = Math.Max(1, Math.Floor(options.Retention * context.Grid.Count)), mild = 0, strong = MostStrength;
        for (int halving = 0; halving < 40; halving++)
        {
            double middle = (mild + strong) / 2;
            (mild, strong) = At(middle).Left(context) <= wanted ? (mild, middle) : (middle, strong);
        }
        return At(strong);

        Schedule At(double strength) => new(
            joined,
            options.PerBlock ?? (int)(OfficialEarly * strength * context.Grid.TokensPerFrame),
            options.JoinShare ?? OfficialJoin * strength,
            options.ClipShare ?? OfficialClip * strength);
    }

    /// <summary>How many merge where.</summary>
    /// <param name="Joined">Sequences that become one before each block; 1 where none do.</param>
    /// <param name="Early">Patches merged in each block before the first that joins.</param>
    /// <param name="JoinShare">Share of a joined sequence merged before the block.</param>
    /// <param name="ClipShare">Share merged behind the attention, from the first joining block on.</param>
    private sealed record Schedule(int[] Joined, int Early, double JoinShare, double ClipShare)
    {
        private readonly int _firstJoin = Array.FindIndex(Joined, joined => joined > 1) is >= 0 and var first ? first : Joined.Length;

        /// <summary>Pairs that merge where sequences become one. Class tokens count in the share although they cannot merge.</summary>
        public int AtJoin(int tokens, int patches) => (int)Math.Min(patches / 2, tokens * JoinShare);

        /// <summary>Pairs that merge behind the attention of a block.</summary>
        public int BehindAttention(int layer, int tokens, int patches) =>
            layer < _firstJoin ? Math.Min(patches / 2, Early) : (int)Math.Min(patches / 2, tokens * ClipShare);

        /// <summary>Whether anything may merge behind the attention of a block.</summary>
        public bool MergesBehind(int layer) => layer < _firstJoin ? Early > 0 : ClipShare > 0;

        /// <summary>Patches of a whole group left behind the last block.</summary>
        public int Left(EncoderContext context)
        {
            int classTokens = context.ClassTokens;
            int[] patches = [.. Enumerable.Repeat(context.Grid.TokensPerFrame, context.Grid.Frames)];
            for (int layer = 0; layer < Joined.Length; layer++)
            {
                if (Joined[layer] > 1)
                {
                    patches = [.. patches.Chunk(Joined[layer]).Select(clips =>
                        clips.Sum() - (clips.Length > 1 ? AtJoin(clips.Sum() + classTokens * clips.Length, clips.Sum()) : 0))];
                    classTokens *= Joined[layer];
                }
                patches = Array.ConvertAll(patches, own => own - BehindAttention(layer, own + classTokens, own));
            }
            return patches.Sum();
        }
    }

    private sealed class Run(Schedule schedule) : IEncoderRun
    {
        // Class tokens of each sequence, once known.
        private int[] _special = [];

        public bool ProportionalAttention => true;

        public EncoderNeeds? NeedsAt(EncoderPoint point) => point.Moment switch
        {
            EncoderMoment.BeforeBlock when schedule.Joined[point.Layer] > 1 => EncoderNeeds.States,
            EncoderMoment.AfterAttention when schedule.MergesBehind(point.Layer) => new EncoderNeeds { Keys = true },
            _ => null,
        };

        public EncoderStep? Decide(EncoderView view)
        {
            if (_special.Length == 0)
                _special = [.. Enumerable.Repeat(view.Context.ClassTokens, view.SequenceLengths.Count)];
            var sequences = new Sequence[_special.Length];
            for (int i = 0, start = 0; i < sequences.Length; start += view.SequenceLengths[i++])
                sequences[i] = new Sequence(Rows(start, _special[i]), Rows(start + _special[i], view.SequenceLengths[i] - _special[i]));
            return view.Point.Moment == EncoderMoment.BeforeBlock ? Join(view, sequences) : MergeInside(view, sequences);
        }

        private EncoderStep Join(EncoderView view, Sequence[] sequences)
        {
            Sequence[][] clips = [.. sequences.Chunk(schedule.Joined[view.Point.Layer])];
            Sequence[] joined = Array.ConvertAll(clips, parts =>
                new Sequence([.. parts.SelectMany(part => part.Special)], [.. parts.SelectMany(part => part.Patches)]));
            _special = Array.ConvertAll(joined, sequence => sequence.Special.Length);
            return Merge(view, view.Hidden, joined, i =>
                clips[i].Length == 1 ? 0 : schedule.AtJoin(joined[i].Count, joined[i].Patches.Length));
        }

        private EncoderStep MergeInside(EncoderView view, Sequence[] sequences) =>
            Merge(view, HeadMeans.Of(view.Keys!.Value, view.Context.Heads), sequences, i =>
                schedule.BehindAttention(view.Point.Layer, sequences[i].Count, sequences[i].Patches.Length));

        private static EncoderStep Merge(EncoderView view, TokenMatrix metric, Sequence[] sequences, Func<int, int> pairs)
        {
            var plan = new ReductionPlanBuilder(view.Count);
            int[] lengths = new int[sequences.Length];
            var matchings = new List<SourceMatching>();
            for (int i = 0; i < lengths.Length; i++)
            {
                int before = plan.Count;
                matchings.Add(PatchMerging.Merge(
                    plan, metric, view.Sizes, sequences[i].Special, sequences[i].Patches, pairs(i), view.Context.Parallel));
                lengths[i] = plan.Count - before;
            }
            return new EncoderStep(plan.Build(new PlanTrace
            {
                { "sources", matchings.SelectMany(matching => matching.AcceptedTokens()).ToArray() },
                { "targets", matchings.SelectMany(matching => matching.AcceptedTargets()).ToArray() },
            }), lengths);
        }

        private static int[] Rows(int first, int count) => [.. Enumerable.Range(first, count)];
    }

    /// <summary>Rows of a sequence: class tokens, then patches.</summary>
    private sealed record Sequence(int[] Special, int[] Patches)
    {
        public int Count => Special.Length + Patches.Length;
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Blocks before which clips join, 0-based and rising; null for as deep as 8, 9 and 10 of 12.</summary>
        [Parameter("blocks before which clips join; auto: as deep as 8, 9 and 10 of 12", Minimum = 1)]
        public IReadOnlyList<int>? JoiningBlocks { get; init; }

        /// <summary>Clips that become one at each of them; their product is the number of frames that pass the tower together.</summary>
        [Parameter("clips, at first frames, that become one at each of these blocks", Minimum = 1)]
        public IReadOnlyList<int> FramesJoined { get; init; } = [2, 2, 3];

        /// <summary>Patches merged in every block before the first that joins (official: 2); null follows the retention.</summary>
        [Parameter("patches of a frame merged in every block before the first that joins; auto follows the retention", Minimum = 0)]
        public int? PerBlock { get; init; }

        /// <summary>Share of a joined sequence merged across frames (official: 0.3); null follows the retention.</summary>
        [Parameter("share of a joined sequence merged across frames; auto follows the retention", Minimum = 0, Maximum = 1)]
        public double? JoinShare { get; init; }

        /// <summary>Share merged behind the attention from the first join on (official: 0.1); null follows the retention.</summary>
        [Parameter("share merged behind the attention from the first join on; auto follows the retention", Minimum = 0, Maximum = 1)]
        public double? ClipShare { get; init; }
    }
}
