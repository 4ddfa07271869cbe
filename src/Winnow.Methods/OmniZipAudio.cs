using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// OmniZip's half for the audio tokens: the salient stay, some of the others take in what goes with the picture, the rest is dropped.
/// </summary>
/// <remarks>See <see cref="OmniZip"/>. Needs a model with an audio tower; its tokens are no visual tokens, so this is no
/// <see cref="ITokenReducer"/>.</remarks>
public sealed class OmniZipAudio(OmniZip.Options options)
{
    // Added to norms by the official code.
    private const double NormFloor = 1e-6;

    // Cross-modal scores are computed for so many audio tokens at a time: memory stays bounded by the visual tokens.
    private const int Block = 64;

    /// <summary>Steps 1 and 2: which audio tokens stay, and which of them take in others.</summary>
    /// <param name="attention"><c>[A]</c>: attention that each audio token receives.</param>
    public (bool[] Kept, int[] Anchors) Choose(ReadOnlySpan<float> attention)
    {
        int count = attention.Length;
        bool[] kept = new bool[count];
        foreach (int token in TopK.Largest(attention, Budgets.Round((1 - options.AudioDiscard) * count, Rounding.HalfEven), EmitBy.Place))
            kept[token] = true;
        int[] rest = [.. Enumerable.Range(0, count).Where(token => !kept[token])];
        int wanted = options.MergeGroup == 0 ? 0 : Math.Min(Budgets.Round(options.AnchorShare * count, Rounding.HalfEven), rest.Length);
        int[] anchors = new int[wanted];
        for (int i = 0; i < wanted; i++)
        {
            anchors[i] = rest[i * Math.Max(1, rest.Length / wanted)];
            kept[anchors[i]] = true;
        }
        return (kept, anchors);
    }

    /// <summary>Steps 1 to 4: what goes on of the audio tokens.</summary>
    /// <param name="audio"><c>[A, D]</c>: audio tokens.</param>
    /// <param name="attention"><c>[A]</c>.</param>
    /// <param name="visual"><c>[V, D]</c>: all visual tokens of the clip; may be empty.</param>
    /// <returns>A plan over the audio tokens; its trace holds <c>anchors</c> and, for each, <c>merged</c>: its members, the best first,
    /// filled up with -1.</returns>
    /// <exception cref="ArgumentException">There are not as many values of attention as audio tokens.</exception>
    public ReductionPlan Reduce(TokenMatrix audio, ReadOnlySpan<float> attention, TokenMatrix visual)
    {
        if (attention.Length != audio.Count)
            throw new ArgumentException(
                $"There are {attention.Length} values of attention for {audio.Count} audio tokens.", nameof(attention));
        (bool[] kept, int[] anchors) = Choose(attention);
        int[] pool = anchors.Length == 0 ? [] : [.. Enumerable.Range(0, audio.Count).Where(token => !kept[token])];
        (int Token, double Score)[][] groups = Groups(audio, anchors, pool, visual);

        var plan = new ReductionPlanBuilder(audio.Count);
        for (int token = 0; token < audio.Count; token++)
        {
            int anchor = Array.IndexOf(anchors, token);
            if (anchor >= 0 && groups[anchor].Length > 0)
                EmitAnchor(plan, token, groups[anchor]);
            else if (kept[token])
                plan.Keep(token);
        }
        int width = Math.Min(options.MergeGroup, pool.Length);
        return plan.Build(new PlanTrace
        {
            { "anchors", anchors },
            {
                "merged",
                groups.SelectMany(group => Enumerable.Range(0, width).Select(i => i < group.Length ? group[i].Token : -1)).ToArray()
            },
        });
    }

    /// <summary>
    /// Steps 3 and 4: every token of the pool belongs to its nearest anchor; an anchor takes the members that go best with the picture.
    /// </summary>
    private (int Token, double Score)[][] Groups(TokenMatrix audio, int[] anchors, int[] pool, TokenMatrix visual)
    {
        var groups = new List<(int Token, double Score)>[anchors.Length];
        for (int i = 0; i < groups.Length; i++)
            groups[i] = [];
        if (pool.Length == 0)
            return Array.ConvertAll(groups, group => group.ToArray());
        TokenMatrix targets = Gather(audio, anchors);
        double[] anchorNorms = Norms(targets), visualNorms = Norms(visual);
        for (int first = 0; first < pool.Length; first += Block)
        {
            int[] tokens = pool[first..Math.Min(pool.Length, first + Block)];
            TokenMatrix sources = Gather(audio, tokens);
            double[] norms = Norms(sources);
            RealMatrix toAnchors = InnerProducts.Between(sources, targets);
            RealMatrix toVisual = visual.Count == 0 ? toAnchors : InnerProducts.Between(sources, visual);
            for (int i = 0; i < tokens.Length; i++)
            {
                (int nearest, double likeness) = Best(toAnchors[i], anchorNorms);
                double score = visual.Count == 0 ? likeness : Best(toVisual[i], visualNorms).Value;
                groups[nearest].Add((tokens[i], score / norms[i]));
            }
        }
        return Array.ConvertAll(groups, group => group.OrderByDescending(member => member.Score).Take(options.MergeGroup).ToArray());
    }

    /// <summary>Half the anchor, half its members by the softmax of their scores.</summary>
    private static void EmitAnchor(ReductionPlanBuilder plan, int anchor, (int Token, double Score)[] members)
    {
        double[] shares = Array.ConvertAll(members, member => Math.Exp(member.Score - members[0].Score));
        double sum = shares.Sum();
        int[] sources = [anchor, .. members.Select(member => member.Token)];
        plan.Sum(anchor, sources, [0.5f, .. shares.Select(share => (float)(share / sum / 2))], sources.Length);
    }

    private static (int Index, double Value) Best(ReadOnlySpan<double> products, double[] norms)
    {
        (int best, double value) = (0, double.NegativeInfinity);
        for (int i = 0; i < products.Length; i++)
            if (products[i] / norms[i] > value)
                (best, value) = (i, products[i] / norms[i]);
        return (best, value);
    }

    private static double[] Norms(TokenMatrix vectors)
    {
        double[] norms = new double[vectors.Count];
        for (int i = 0; i < norms.Length; i++)
        {
            double squares = 0;
            foreach (float value in vectors[i])
                squares += (double)value * value;
            norms[i] = Math.Sqrt(squares) + NormFloor;
        }
        return norms;
    }

    private static TokenMatrix Gather(TokenMatrix source, int[] rows)
    {
        float[] gathered = new float[rows.Length * source.Dimension];
        for (int i = 0; i < rows.Length; i++)
            source[rows[i]].CopyTo(gathered.AsSpan(i * source.Dimension));
        return new TokenMatrix(gathered, source.Dimension);
    }
}
