using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// Zero-TPrune: behind some blocks of the encoder tokens vote along the attention for those that matter; near-copies of more important
/// tokens leave first, then, after a new vote, the least important.
/// </summary>
/// <remarks>
/// "Zero-TPrune: Zero-Shot Token Pruning through Leveraging of the Attention Graph in Pre-Trained Transformers", CVPR 2024, arXiv
/// 2305.17328. Votes and cut follow the first author's early code, Hongjiew/Transformer_pruning at 52a4607 (tokenrank_vit_em.py,
/// tokenrank_vit_ave_em.py, tokenrank_beit.py); the rest, which has no public code, follows the paper.
/// </remarks>
public sealed class ZeroTPrune(ZeroTPrune.Options options) : IEncoderReducer
{
    private const int OfficialDepth = 12;
    private const int DefaultVotes = 5;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "zero-tprune",
        Name = "Zero-TPrune",
        Paper = "Zero-TPrune: Zero-Shot Token Pruning through Leveraging of the Attention Graph in Pre-Trained Transformers, CVPR 2024",
        ArXiv = "2305.17328",
        OfficialCode = "Hongjiew/Transformer_pruning 52a4607fd840afdd8cba7c1321eebb155f25e5de (early code of the first author)",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Diversity,
        ChooseWhen = "a faster vision tower that keeps what other patches look at, without near-copies; nothing is merged",
        BudgetRule = "floor(retention * patches) of each frame, at least one, are left behind the last of its blocks, the same share from "
            + "block to block, near-copies included; or retainRates",
        Budget = BudgetPromise.Own,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Original,
        ExtraCost = "behind its blocks a frame's whole attention map, kept in memory, O(H N^2 d), one pass over it for each vote, and "
            + "cosines of half of the keys with the other half",
        Deviations =
        [
            "Every frame is a graph of its own; without a class token, as in SigLIP, all patches are ranked and none is boosted.",
            "The variance of a head is that of T times its scores, whose mean is 1: as published, no head of 100 tokens could pass. Where "
                + "none passes all count.",
            "Half of the tokens, rounded up, are the more important ones; keys are compared with heads side by side; of equally close "
                + "copies the less important goes first; what is left divides its votes anew. The paper leaves these open.",
            "The blocks are the same shares of the depth as 2, 5 and 8 of 12, unless given.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => 1;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context)
    {
        int[] blocks = EncoderBlocks.Of(options.Blocks, [2, 5, 8], OfficialDepth, context.Layers);
        if (options.RetainRates is { } rates && rates.Count != blocks.Length)
            throw new ArgumentException(
                $"retainRates gives {rates.Count} rates; tokens leave behind {blocks.Length} blocks ({string.Join(", ", blocks)}).");
        if (options.Votes is { Count: > 1 } votes && votes.Count != blocks.Length)
            throw new ArgumentException(
                $"votes gives {votes.Count} numbers; give one, or one for each of the blocks {string.Join(", ", blocks)}.");
        return new Run(options, blocks);
    }

    private sealed class Run(Options options, int[] blocks) : IEncoderRun
    {
        private readonly EncoderNeeds _needs = new()
        {
            Keys = options.SimilarPerBlock > 0,
            Attention = new EncoderAttention(WithSizes: false, options.Temperature),
        };

        private int[]? _atFirst;

        public bool ProportionalAttention => false;

        public EncoderNeeds? NeedsAt(EncoderPoint point)
        {
            int stage = point.Moment == EncoderMoment.AfterBlock ? Array.IndexOf(blocks, point.Layer) : -1;
            if (stage < 0)
                return null;
            bool reduces = options.RetainRates is { } rates ? rates[stage] < 1 || options.SimilarPerBlock > 0 : options.Retention < 1;
            return reduces ? _needs : null;
        }

        public EncoderStep? Decide(EncoderView view)
        {
            RowRange[] sequences = PatchSequences.Of(view);
            _atFirst ??= Array.ConvertAll(sequences, patches => patches.Length);
            int stage = Array.IndexOf(blocks, view.Point.Layer);
            int[][] kept = new int[sequences.Length][], ranked = new int[sequences.Length][];
            var importance = new List<double>();
            for (int i = 0; i < kept.Length; i++)
            {
                (kept[i], ranked[i]) = ([.. Enumerable.Range(0, sequences[i].Length)], []);
                int wanted = options.RetainRates is null ? Target(_atFirst[i], stage) : 0;
                if (sequences[i].Length <= wanted)
                    continue;
                AttentionView attention = AttentionTables.Stored(view.Attention![i]);
                if (options.Importance == Vote.MeanLogits)
                    attention = AttentionTables.OfMeanLogits(attention);
                int head = view.SequenceLengths[i] - sequences[i].Length;
                int[] left = WithoutCopies(view, sequences[i], attention, head, wanted);
                double[] scores = Importance(left.Length == sequences[i].Length ? attention
                    : AttentionTables.Among(attention, [.. Enumerable.Range(0, head), .. left.Select(place => head + place)]), head, stage);
                int count = options.RetainRates is { } rates ? (int)(left.Length * rates[stage]) : wanted;
                ranked[i] = Array.ConvertAll(TopK.Largest(scores, count, EmitBy.Score), place => left[place]);
                kept[i] = [.. ranked[i].Order()];
                importance.AddRange(scores);
            }
            return PatchSequences.Keep(view, kept, new PlanTrace
            {
                { "importance", importance.ToArray() },
                { "ranked", ranked.SelectMany(places => places).ToArray() },
            });
        }

        /// <summary>Patches of a frame left behind a block: shrinking by the same share from block to block.</summary>
        private int Target(int patches, int stage)
        {
            double share = stage == blocks.Length - 1 ? options.Retention : Math.Pow(options.Retention, (stage + 1.0) / blocks.Length);
            return Math.Min(patches, Math.Max(1, Budgets.Round(share * patches, Rounding.Floor)));
        }

        /// <summary>S-stage: of the less important half those leave that are most like one of the more important half.</summary>
        private int[] WithoutCopies(EncoderView view, RowRange patches, AttentionView attention, int head, int wanted)
        {
            int[] every = [.. Enumerable.Range(0, patches.Length)];
            int more = (patches.Length + 1) / 2;
            int leaving = Math.Min(options.SimilarPerBlock, Math.Min(patches.Length - more, patches.Length - wanted));
            if (leaving <= 0)
                return every;
            double[] votes = Joined(PageRank.PerHead(attention, rounds: 1), head);
            int[] order = TopK.Largest(votes, votes.Length, EmitBy.Score);
            // From the least important up, so that it goes first where two are as close.
            int[] less = [.. order.AsSpan(more)];
            Array.Reverse(less);
            TokenMatrix keys = view.Keys!.Value.Slice(patches.Start, patches.Length);
            RealMatrix likeness = Similarity.Cosines(keys, less, order[..more]);
            double[] closest = [.. Enumerable.Range(0, less.Length).Select(i => TensorPrimitives.Max<double>(likeness[i]))];
            return [.. every.Except(TopK.Largest(closest, leaving, EmitBy.Score).Select(i => less[i]))];
        }

        /// <summary>I-stage: what each patch is worth after the votes.</summary>
        private double[] Importance(AttentionView attention, int head, int stage)
        {
            if (options.Importance == Vote.OneVote)
                return Joined(PageRank.PerHead(attention, rounds: 1), head);
            int rounds = options.Votes is { } votes ? votes[votes.Count > 1 ? stage : 0] : DefaultVotes;
            double[]? start = options.ClassBoost && head > 0 ? Boosted(attention.Keys) : null;
            return Joined(PageRank.PerHead(attention, rounds, options.Damping, start), head);
        }

        /// <summary>The class token starts with as much as the square root of the number of tokens.</summary>
        private static double[] Boosted(int count)
        {
            double boost = Math.Sqrt(count), sum = boost + count - 1;
            return [boost / sum, .. Enumerable.Repeat(1 / sum, count - 1)];
        }

        /// <summary>Root mean square over the heads whose scores neither hardly vary nor vary wildly, without the class token.</summary>
        private double[] Joined(double[][] heads, int head)
        {
            double[][] accepted = options.FilterHeads ? Array.FindAll(heads, worth => IsAccepted(Variance(worth))) : heads;
            return PageRank.RootMeanSquare(accepted.Length > 0 ? accepted : heads)[head..];
        }

        private bool IsAccepted(double variance) => variance >= options.LeastVariance && variance <= options.MostVariance;

        private static double Variance(double[] worth) => worth.Average(value => Math.Pow(value * worth.Length - 1, 2));
    }

    /// <summary>How importance is voted.</summary>
    public enum Vote
    {
        /// <summary>Weighted page rank in every head.</summary>
        PageRank,

        /// <summary>One vote in every head, without damping.</summary>
        OneVote,

        /// <summary>Weighted page rank on one graph, of the mean of the heads' logits.</summary>
        MeanLogits,
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// 0-based blocks behind which tokens leave (early code: 2, 5 and 8 of 12); null for the same shares of the loaded encoder's depth.
        /// </summary>
        [Parameter("blocks behind which tokens leave; auto: as deep as 2, 5 and 8 of 12", Minimum = 0)]
        public IReadOnlyList<int>? Blocks { get; init; }

        /// <summary>
        /// Share of a frame's patches, those left by the similarity stage, that stay behind each block, truncated (early code: 0.9, 0.8,
        /// 0.7); null follows <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("share that stays behind each block; auto follows the retention", Minimum = 0, Maximum = 1)]
        public IReadOnlyList<double>? RetainRates { get; init; }

        /// <summary>How importance is voted.</summary>
        [Parameter("how importance is voted")]
        public Vote Importance { get; init; }

        /// <summary>Temperature of the votes; 1 votes by the attention itself.</summary>
        [Parameter("temperature of the votes; 1 votes by the attention itself", Symbol = "tau", Minimum = 0, MinimumIsExcluded = true)]
        public double Temperature { get; init; } = 0.5;

        /// <summary>How often is voted: one number, or one for each block; null for 5.</summary>
        [Parameter("how often is voted: one number, or one for each block; auto: 5", Minimum = 1)]
        public IReadOnlyList<int>? Votes { get; init; }

        /// <summary>Share that every vote deals out evenly.</summary>
        [Parameter("share that every vote deals out evenly", Symbol = "d", Minimum = 0, Maximum = 1)]
        public double Damping { get; init; }

        /// <summary>Whether the class token, where there is one, starts with the square root of the number of tokens.</summary>
        [Parameter("whether the class token, where there is one, starts with more")]
        public bool ClassBoost { get; init; }

        /// <summary>Near-copies that leave in the similarity stage of each block.</summary>
        [Parameter("near-copies that leave behind each block before the last vote", Symbol = "r_S", Minimum = 0)]
        public int SimilarPerBlock { get; init; } = 10;

        /// <summary>Whether heads whose scores vary too little or too much are left out.</summary>
        [Parameter("whether heads whose scores vary too little or too much are left out")]
        public bool FilterHeads { get; init; } = true;

        /// <summary>Variance of a head's scores, scaled to a mean of 1, from which on it counts.</summary>
        [Parameter("variance of a head's scores from which on it counts", Symbol = "v_min", Minimum = 0)]
        public double LeastVariance { get; init; } = 0.01;

        /// <summary>Variance of a head's scores, scaled to a mean of 1, up to which it counts.</summary>
        [Parameter("variance of a head's scores up to which it counts", Symbol = "v_max", Minimum = 0)]
        public double MostVariance { get; init; } = 0.7;
    }
}
