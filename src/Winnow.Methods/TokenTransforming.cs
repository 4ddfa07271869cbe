using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// Token Transforming: a reduction is a product with a matrix; here the most important tokens are its rows, and every other token spreads
/// itself over them by similarity, many to many.
/// </summary>
/// <remarks>
/// "Token Transforming: A Unified and Training-Free Token Compression Framework for Vision Transformer Acceleration", arXiv 2506.05709.
/// Only the abstract could be read, and AuroraZengfh/TokenTransforming at dedcac5 holds no code: that the reduction is a matrix in which
/// every token may contribute to several rows is the paper's, the matrix itself is this project's.
/// </remarks>
public sealed class TokenTransforming(TokenTransforming.Options options) : IEncoderReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "token-transforming",
        Name = "Token Transforming",
        Paper = "Token Transforming: A Unified and Training-Free Token Compression Framework for Vision Transformer Acceleration, 2025",
        ArXiv = "2506.05709",
        Places = MethodPlaces.InsideEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "a faster vision tower where no patch should be lost altogether: each leaves its share in several others",
        BudgetRule = "ceil(retention * patches) of a frame are left behind the last stage, equal shares at every stage; or keep at each",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Place,
        Positions = PositionRule.Original,
        ExtraCost = "at each stage all attention of the block, and M * N similarities and products for M of N tokens",
        Deviations =
        [
            "No code is published and the paper's formula could not be read; its numbers are not to be compared with these. Read in the"
                + " abstract: a reduction is a product with a matrix, and every token may contribute to several.",
            "Chosen by this project: rows by attention, the spreading (softmax of cosines over tau, tokens of the rows undiluted), sizes,"
                + " the fourth, seventh and tenth of twelve blocks, the place between attention and MLP, and the rounding.",
            "The retention decides the count; keep = 0.7 is this project's default at every stage.",
            "Towers without a class token (SigLIP) use the mean attention that each patch receives.",
        ],
    };

    /// <inheritdoc/>
    public int GroupFrames => options.FramesTogether;

    /// <inheritdoc/>
    public IEncoderRun Begin(EncoderContext context) =>
        new Run(options, new EncoderStages(options.Blocks, options.Keep, options.Retention, context.Layers));

    /// <summary>How every token divides itself over the rows.</summary>
    /// <param name="features"><c>[N, Df]</c>: what is compared.</param>
    /// <param name="rows">Tokens that are rows, rising, at least one.</param>
    /// <param name="temperature">tau; 0 gives all to the most similar row, the earlier on ties.</param>
    /// <param name="top">How many most similar rows take part; null for all.</param>
    /// <returns><c>[N, M]</c>: shares of each token, which sum to one.</returns>
    /// <exception cref="ArgumentException">A feature is not finite.</exception>
    public static RealMatrix Spread(TokenMatrix features, ReadOnlySpan<int> rows, double temperature, int? top)
    {
        RealMatrix shares = Similarity.Cosines(features, features.Gather(rows));
        for (int token = 0; token < shares.Rows; token++)
            Divide(shares[token], temperature, Math.Min(top ?? rows.Length, rows.Length));
        for (int row = 0; row < rows.Length; row++)
        {
            shares[rows[row]].Clear();
            shares[rows[row], row] = 1;
        }
        return shares;
    }

    private static void Divide(Span<double> shares, double temperature, int top)
    {
        double most = TensorPrimitives.Max<double>(shares);
        if (!double.IsFinite(most))
            throw new ArgumentException($"A token is {most} like a row; every value must be finite.", nameof(shares));
        int[] nearest = temperature == 0 ? [shares.IndexOf(most)] : TopK.Largest(shares, top, EmitBy.Place);
        double[] weights = new double[nearest.Length];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = temperature == 0 ? 1 : Math.Exp((shares[nearest[i]] - most) / temperature);
        double sum = TensorPrimitives.Sum<double>(weights);
        shares.Clear();
        for (int i = 0; i < weights.Length; i++)
            shares[nearest[i]] = weights[i] / sum;
    }

    private sealed class Run(Options options, EncoderStages stages) : IEncoderRun
    {
        private int? _first;

        public bool ProportionalAttention => options.Proportional;

        public EncoderNeeds? NeedsAt(EncoderPoint point) => !stages.IsAt(point) ? null : new EncoderNeeds
        {
            Keys = options.Compared == Feature.Keys,
            Attention = options.Ranking == Importance.Attention ? new EncoderAttention() : null,
        };

        public EncoderStep? Decide(EncoderView view)
        {
            int[] patches = [.. Enumerable.Range(0, view.Count).Where(row => view.Places[row] >= 0)];
            _first ??= patches.Length;
            int count = stages.Left(view.Point, patches.Length, _first.Value);
            if (count == patches.Length)
                return null;
            TokenMatrix compared = options.Compared == Feature.Keys ? HeadMeans.Of(view.Keys!.Value, view.Context.Heads) : view.Hidden;
            TokenMatrix features = compared.Gather(patches);
            int[] rows = TopK.Largest(Ranks(view, features), count, EmitBy.Place);
            return Emit(view, patches, rows, Spread(features, rows, options.Temperature, options.Top));
        }

        /// <summary>Step 1: what makes a token a row.</summary>
        private double[] Ranks(EncoderView view, TokenMatrix features)
        {
            if (options.Ranking == Importance.Attention)
            {
                int classTokens = view.Context.ClassTokens;
                return [.. view.Attention!.SelectMany(rows => ReceivedAttention.OfPatches(rows, Math.Min(classTokens, rows.Keys)))];
            }
            RealMatrix cosines = Similarity.Cosines(features);
            double[] distinctness = new double[features.Count];
            int others = Math.Max(1, distinctness.Length - 1);
            for (int token = 0; token < distinctness.Length; token++)
                distinctness[token] = (cosines[token, token] - TensorPrimitives.Sum<double>(cosines[token])) / others;
            return distinctness;
        }

        /// <summary>Steps 4 to 6: tokens weigh in a row by their share and size, and leave it so much of their size.</summary>
        private static EncoderStep Emit(EncoderView view, int[] patches, int[] rows, RealMatrix shares)
        {
            int[] others = [.. Enumerable.Range(0, patches.Length).Except(rows)];
            int[] numbers = new int[view.Count];
            for (int i = 0; i < rows.Length; i++)
                numbers[patches[rows[i]]] = i + 1;
            var plan = new ReductionPlanBuilder(view.Count);
            int[] lengths = new int[view.SequenceLengths.Count];
            for (int sequence = 0, row = 0; sequence < lengths.Length; sequence++)
            {
                int before = plan.Count;
                for (int end = row + view.SequenceLengths[sequence]; row < end; row++)
                    if (view.Places[row] < 0)
                        plan.Keep(row, view.Sizes[row]);
                    else if (numbers[row] > 0)
                        EmitRow(plan, view, row, others.Select(other => (patches[other], shares[other, numbers[row] - 1])));
                lengths[sequence] = plan.Count - before;
            }
            return new EncoderStep(plan.Build(), lengths);
        }

        private static void EmitRow(ReductionPlanBuilder plan, EncoderView view, int row, IEnumerable<(int Token, double Share)> others)
        {
            (int Token, double Share)[] parts = [(row, 1), .. others.Where(other => other.Share > 0)];
            int[] members = Array.ConvertAll(parts, part => part.Token);
            double[] masses = Array.ConvertAll(parts, part => part.Share * view.Sizes[part.Token]);
            double size = TensorPrimitives.Sum<double>(masses);
            plan.Sum(row, members, Array.ConvertAll(masses, mass => (float)(mass / size)), (float)size);
        }
    }

    /// <summary>What similarity looks at.</summary>
    public enum Feature
    {
        /// <summary>The block's keys, mean over heads.</summary>
        Keys,

        /// <summary>The tokens' own states.</summary>
        Tokens,
    }

    /// <summary>What makes a token a row.</summary>
    public enum Importance
    {
        /// <summary>Attention of the class token, or, without one, of all tokens.</summary>
        Attention,

        /// <summary>How little it resembles the others on average.</summary>
        Distinctness,
    }

    /// <summary>Parameters; all defaults are this project's.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Share that each stage leaves of what comes to it (0.7); null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("share that each stage leaves; auto follows the retention", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double? Keep { get; init; }

        /// <summary>0-based blocks; null for the fourth, seventh and tenth of twelve, at the same shares of the depth.</summary>
        [Parameter("blocks, from 0, in which it acts; auto is 3,6,9 of 12", Minimum = 1)]
        public IReadOnlyList<int>? Blocks { get; init; }

        /// <summary>Temperature of the spreading; 0 merges each token into one row.</summary>
        [Parameter("temperature of the spreading; small is merging into one", Symbol = "tau", Minimum = 0)]
        public double Temperature { get; init; } = 0.1;

        /// <summary>Most similar rows over which a token spreads; null for all.</summary>
        [Parameter("most similar rows over which a token spreads; auto is all", Minimum = 1)]
        public int? Top { get; init; }

        /// <summary>Frames whose tokens are decided together.</summary>
        [Parameter("frames whose tokens compete for the rows", Minimum = 1)]
        public int FramesTogether { get; init; } = 1;

        /// <summary>What similarity looks at.</summary>
        [Parameter("what similarity looks at")]
        public Feature Compared { get; init; }

        /// <summary>What makes a token a row.</summary>
        [Parameter("what makes a token a row")]
        public Importance Ranking { get; init; }

        /// <summary>Whether the logarithm of a token's size is added to the attention logits of its key.</summary>
        [Parameter("whether a token counts in attention as often as its size says")]
        public bool Proportional { get; init; } = true;
    }
}
