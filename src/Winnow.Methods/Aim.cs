using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>AIM, the merging part: rounds of pairwise merging inside every frame, each at most halving it.</summary>
/// <remarks>
/// "AIM: Adaptive Inference of Multi-Modal LLMs via Token Merging and Pruning", ICCV 2025, arXiv 2412.03248. Follows LaVi-Lab/AIM, commit edc24e9,
/// llava/model/token_merge.py.
/// </remarks>
public sealed class Aim(Aim.Options options) : ITokenReducer
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "aim",
        Name = "AIM",
        Paper = "AIM: Adaptive Inference of Multi-Modal LLMs via Token Merging and Pruning, ICCV 2025",
        ArXiv = "2412.03248",
        OfficialCode = "LaVi-Lab/AIM edc24e9",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Merging,
        ChooseWhen = "everything on the picture shall leave a trace; works frame by frame, so also for streams",
        BudgetRule = "retention * tokens of a frame, to the nearest (halves to even), at least one; rounds halve a frame until it is met",
        Budget = BudgetPromise.PerFrame,
        Order = PlanOrder.Frame,
        Positions = PositionRule.Compact,
        Deviations =
        [
            "The last round merges just as many pairs as the retention asks for; the official rounds merge a half, a quarter and so on of the first count, rounded down.",
            "A token of zeros has similarity 0 to everything; the official code lets it attract or follow arbitrary partners.",
            "A round that has no pair to merge is passed over; the official function returns nothing.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int perFrame = input.Grid.TokensPerFrame;
        IReadOnlyList<int> rounds = options.MergeCounts ?? Halvings(perFrame, Budgets.PerFrame(null, options.Retention, perFrame));
        var partners = new List<int>[rounds.Count];
        var scores = new List<double>[rounds.Count];
        var plan = new ReductionPlanBuilder(input.Grid.Count);
        for (int t = 0; t < input.Grid.Frames; t++)
        {
            Token[] tokens = [.. Enumerable.Range(0, perFrame).Select(place => new Token(input.Frame(t)[place].ToArray(), [t * perFrame + place], [1]))];
            for (int round = 0; round < rounds.Count; round++)
            {
                int pairs = Math.Min(rounds[round], tokens.Length / 2);
                if (pairs <= 0)
                    continue;
                BipartiteMatching matching = Match(tokens, pairs);
                (partners[round] ??= []).AddRange(matching.Partners);
                (scores[round] ??= []).AddRange(matching.Scores);
                tokens = Merge(tokens, matching);
            }
            foreach (Token token in tokens)
                plan.Sum(token.Sources[0], token.Sources, Array.ConvertAll(token.Weights, weight => (float)weight), token.Sources.Length);
        }
        var trace = new PlanTrace();
        for (int round = 0; round < rounds.Count; round++)
        {
            trace.Add($"partners{round}", partners[round]?.ToArray() ?? []);
            trace.Add($"scores{round}", scores[round]?.ToArray() ?? []);
        }
        return plan.Build(trace);
    }

    /// <summary>How many pairs each round merges: half of what is left, the last round only what is still too much.</summary>
    private static List<int> Halvings(int tokens, int budget)
    {
        var rounds = new List<int>();
        while (tokens > budget)
        {
            rounds.Add(Math.Min(tokens / 2, tokens - budget));
            tokens -= rounds[^1];
        }
        return rounds;
    }

    private static BipartiteMatching Match(Token[] tokens, int pairs)
    {
        int dimension = tokens[0].Vector.Length;
        float[] vectors = new float[tokens.Length * dimension];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i].Vector.CopyTo(vectors, i * dimension);
        return BipartiteMatching.Of(Similarity.Cosines(new TokenMatrix(vectors, dimension)), [.. Enumerable.Range(0, tokens.Length)], pairs);
    }

    /// <summary>The refused even places by falling similarity, then all odd places, each the plain mean of itself and what merges into it.</summary>
    private static Token[] Merge(Token[] tokens, BipartiteMatching matching)
    {
        var merging = new List<Token>[tokens.Length / 2];
        for (int b = 0; b < merging.Length; b++)
            merging[b] = [tokens[2 * b + 1]];
        foreach (int a in matching.Accepted)
            merging[matching.Partners[a]].Add(tokens[2 * a]);
        return [.. matching.Refused.Select(a => tokens[2 * a]), .. merging.Select(Token.Mean)];
    }

    /// <summary>A token on its way: its vector, and in which shares it is made of source tokens; the first source gives its place.</summary>
    private sealed record Token(float[] Vector, int[] Sources, double[] Weights)
    {
        public static Token Mean(IReadOnlyList<Token> tokens)
        {
            if (tokens.Count == 1)
                return tokens[0];
            float[] mean = new float[tokens[0].Vector.Length];
            foreach (Token token in tokens)
                TensorPrimitives.Add(mean, token.Vector, mean);
            TensorPrimitives.Divide(mean, tokens.Count, mean);
            return new Token(mean, [.. tokens.SelectMany(token => token.Sources)], [.. tokens.SelectMany(token => token.Weights.Select(weight => weight / tokens.Count))]);
        }
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Pairs to merge in each round, at most a half of what is left; null: from the retention.</summary>
        public IReadOnlyList<int>? MergeCounts { get; init; }
    }
}
