using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// BAT: attentive tokens that are nearly alike are joined in pairs, inattentive ones are clustered, so that the background stays.
/// </summary>
/// <remarks>
/// "Beyond Attentive Tokens: Incorporating Token Importance and Diversity for Efficient Vision Transformers", CVPR 2023, arXiv 2211.11315.
/// BWLONG/BeyondAttentiveTokens at 7e8a392 holds figures and training logs, no code.
/// </remarks>
public sealed class Bat(Bat.Options options) : IEncoderReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "bat",
        Name = "BAT",
        Paper = "Beyond Attentive Tokens: Incorporating Token Importance and Diversity for Efficient Vision Transformers, CVPR 2023",
        ArXiv = "2211.11315",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Attention,
        ChooseWhen = "a faster vision tower on scenes with one subject: its patches stay fine, the background is summed up",
        BudgetRule = "ceil(retention * patches) of a frame are left behind the last stage, equal shares at every stage; or keep at each",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Own,
        Positions = PositionRule.Original,
        ExtraCost = "at each stage all attention of the block, distances among the inattentive and cosines among the attentive tokens",
        Deviations =
        [
            "No code is published. Read in the README, the figures and logs: the stages, the split by class attention, clusters, pairs, and"
                + " the order of the output; the reported numbers are after training.",
            "Recalled of the paper, unchecked: density peaks, cosines, and weights by class attention.",
            "Chosen by this project: the sizes of the parts (a quarter of the output for clusters, an eighth for pairs), rounding up, five"
                + " neighbours, distances divided by the root of the width, ties, and attention that ignores sizes.",
            "Where fewer tokens leave than pairs were to join, as many pairs join as leave and nothing is clustered.",
            "The retention decides the count; keep = 0.7 at every stage is the paper's.",
            "Towers without a class token (SigLIP) use the mean attention that each patch receives.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => 1;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context) =>
        new Run(options, new EncoderStages(options.Blocks, options.Keep, options.Retention, context.Layers));

    private sealed class Run(Options options, EncoderStages stages) : IEncoderRun
    {
        private int? _first;

        public bool ProportionalAttention => false;

        public EncoderNeeds? NeedsAt(EncoderPoint point) =>
            stages.IsAt(point) ? new EncoderNeeds { Attention = new EncoderAttention() } : null;

        public EncoderStep? Decide(EncoderView view)
        {
            int classTokens = Math.Min(view.Context.ClassTokens, view.Count), count = view.Count - classTokens;
            _first ??= count;
            int left = stages.Left(view.Point, count, _first.Value);
            if (left == count)
                return null;
            double[] attention = ReceivedAttention.OfPatches(view.Attention![0], classTokens);
            // Behind the first stage rows do not stand by place, and ties go by place.
            int[] byPlace = [.. Enumerable.Range(classTokens, count).OrderBy(row => view.Places[row])];
            var tokens = new Tokens(view, byPlace, Array.ConvertAll(byPlace, row => attention[row - classTokens]));
            (int clusters, int pairs) = Split(left, count);
            int[] attentive = TopK.Largest(tokens.Attention, left - clusters + pairs, EmitBy.Place);
            var plan = new ReductionPlanBuilder(view.Count);
            for (int row = 0; row < classTokens; row++)
                plan.Keep(row, view.Sizes[row]);
            foreach (int[] joined in Pair(tokens, attentive, pairs))
                tokens.Emit(plan, joined);
            foreach (int[] cluster in Cluster(tokens, [.. Enumerable.Range(0, count).Except(attentive)], clusters))
                tokens.Emit(plan, cluster);
            return new EncoderStep(plan.Build(), [plan.Count]);
        }

        /// <summary>How many of the output are clusters, and how many pairs.</summary>
        private (int Clusters, int Pairs) Split(int left, int count)
        {
            int clusters = Math.Min(options.Groups ?? Math.Max(1, left / 4), left);
            int pairs = Math.Min(options.Pairs ?? left / 8, left - clusters);
            // Inattentive tokens outnumber clusters by what leaves less what pairs join, whatever the number of clusters.
            return count - left < pairs ? (0, count - left) : (clusters, pairs);
        }

        /// <summary>
        /// Step 3: the most similar pairs, each token in at most one, and the singles; by place of the more attentive, which leads.
        /// </summary>
        private static IEnumerable<int[]> Pair(Tokens tokens, int[] attentive, int count)
        {
            RealMatrix cosines = Similarity.Cosines(tokens.Matrix(attentive));
            int[] partners = [.. Enumerable.Repeat(-1, attentive.Length)];
            IEnumerable<(int A, int B)> candidates = Enumerable.Range(0, attentive.Length)
                .SelectMany(a => Enumerable.Range(a + 1, attentive.Length - a - 1), (a, b) => (a, b))
                .OrderByDescending(pair => cosines[pair.a, pair.b]);
            int joined = 0;
            foreach ((int a, int b) in count > 0 ? candidates : [])
            {
                if (partners[a] >= 0 || partners[b] >= 0)
                    continue;
                (partners[a], partners[b]) = (b, a);
                if (++joined == count)
                    break;
            }
            for (int i = 0; i < attentive.Length; i++)
                if (partners[i] < 0)
                    yield return [attentive[i]];
                else if (Leads(i, partners[i]))
                    yield return [attentive[i], attentive[partners[i]]];

            bool Leads(int token, int partner)
            {
                double difference = tokens.Attention[attentive[token]] - tokens.Attention[attentive[partner]];
                return difference > 0 || (difference == 0 && token < partner);
            }
        }

        /// <summary>Step 2: clusters around density peaks, by place of the centre, which leads.</summary>
        private IEnumerable<int[]> Cluster(Tokens tokens, int[] inattentive, int count)
        {
            if (count == 0)
                yield break;
            RealMatrix distances = Similarity.ScaledDistances(tokens.Matrix(inattentive));
            int[] centres = DensityPeaks.OfOthers(distances, options.Neighbours).Centres(count, EmitBy.Place);
            int[][] clusters = Merging.Members(DensityPeaks.Assign(distances, centres), count);
            for (int i = 0; i < count; i++)
            {
                IEnumerable<int> others = clusters[i].Where(member => member != centres[i]);
                yield return [inattentive[centres[i]], .. others.Select(member => inattentive[member])];
            }
        }
    }

    /// <summary>A frame's patches by place.</summary>
    private sealed record Tokens(EncoderView View, int[] Rows, double[] Attention)
    {
        public TokenMatrix Matrix(int[] tokens) => View.Hidden.Gather(Array.ConvertAll(tokens, token => Rows[token]));

        /// <summary>The mean of tokens weighted by attention, or, where they get none, the plain one; kept under the first.</summary>
        public void Emit(ReductionPlanBuilder plan, int[] tokens)
        {
            double sum = tokens.Sum(token => Attention[token]);
            float[] weights = Array.ConvertAll(tokens, token => (float)(sum > 0 ? Attention[token] / sum : 1.0 / tokens.Length));
            int[] rows = Array.ConvertAll(tokens, token => Rows[token]);
            plan.Sum(rows[0], rows, weights, rows.Sum(row => View.Sizes[row]));
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Share that each stage leaves of what comes to it (0.7 in the paper); null follows <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("share that each stage leaves; auto follows the retention", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double? Keep { get; init; }

        /// <summary>0-based blocks; null for the fourth, seventh and tenth of twelve, at the same shares of the depth.</summary>
        [Parameter("blocks, from 0, in which it acts; auto is 3,6,9 of 12", Minimum = 1)]
        public IReadOnlyList<int>? Blocks { get; init; }

        /// <summary>Clusters of inattentive tokens, at most as many as come out; null for a quarter of those, at least one.</summary>
        [Parameter("clusters of inattentive tokens; auto is a quarter of the output", Symbol = "g", Minimum = 1)]
        public int? Groups { get; init; }

        /// <summary>Pairs of attentive tokens, at most as many as come out; null for an eighth of the output.</summary>
        [Parameter("pairs of attentive tokens; auto is an eighth of the output", Symbol = "q", Minimum = 0)]
        public int? Pairs { get; init; }

        /// <summary>Neighbours of the density estimate.</summary>
        [Parameter("neighbours of the density estimate", Symbol = "k", Minimum = 1)]
        public int Neighbours { get; init; } = 5;
    }
}
