using System.Buffers;
using System.Numerics.Tensors;

namespace Winnow.Primitives;

/// <summary>Selections that grow one item at a time, each the best in view of those taken before. Equal scores go to the lower
/// index.</summary>
/// <remarks>
/// The sets wanted are hard to find exactly; the papers take these greedy forms. Each keeps one running value an item and updates it with
/// the values of the last pick alone, which gives what a recomputation over all picks gives, bit for bit, since minima, maxima and the
/// order of additions are the same.
/// </remarks>
public static class GreedySelection
{
    /// <summary>Max-min diversity: always the item whose nearest taken item is farthest, its distance weighted by the item's
    /// factor.</summary>
    /// <param name="start">Items that are taken already, at least one.</param>
    /// <param name="count">How many to take in all, at most as many as there are items.</param>
    /// <param name="items">Number of items, n.</param>
    /// <param name="distances">Distances from an item.</param>
    /// <param name="factors">One non-negative factor an item, or empty for none. Where every weighted distance is 0, the plain distances
    /// decide.</param>
    /// <param name="repeats">Whether a taken item may be taken again, as codes without a mask do when nothing else is any farther.</param>
    public static GreedyPicks MaxMin(ReadOnlySpan<int> start, int count, int items, PairValues distances,
        ReadOnlySpan<double> factors = default, bool repeats = false)
    {
        var picks = new Picks(start, count, items);
        double[] row = new double[items], nearest = new double[items], scores = new double[items];
        nearest.AsSpan().Fill(double.PositiveInfinity);
        foreach (int item in start)
            Approach(item);
        while (picks.Count < count)
        {
            Weigh(nearest, factors, scores);
            if (!repeats)
                picks.Exclude(scores);
            int best = TensorPrimitives.IndexOfMax<double>(scores);
            if (!(scores[best] > 0) && !factors.IsEmpty)
            {
                nearest.CopyTo(scores, 0);
                picks.Exclude(scores);
                best = TensorPrimitives.IndexOfMax<double>(scores);
            }
            picks.Add(best, scores[best]);
            Approach(best);
        }
        return picks.Result();

        void Approach(int item)
        {
            distances(item, row);
            TensorPrimitives.Min(nearest, row, nearest);
        }
    }

    /// <summary>Max-sum diversity: always the item whose similarities to the taken ones sum to the least.</summary>
    /// <param name="first">The item taken first.</param>
    /// <param name="count">How many to take in all, at least 1 and at most as many as there are items.</param>
    /// <param name="items">Number of items, n.</param>
    /// <param name="similarities">Similarities to an item.</param>
    public static GreedyPicks MaxSum(int first, int count, int items, PairValues similarities)
    {
        var picks = new Picks([first], count, items);
        double[] row = new double[items], sums = new double[items], scores = new double[items];
        while (picks.Count < count)
        {
            similarities(picks.Order[picks.Count - 1], row);
            TensorPrimitives.Add(sums, row, sums);
            TensorPrimitives.Negate<double>(sums, scores);
            picks.Exclude(scores);
            int best = TensorPrimitives.IndexOfMax<double>(scores);
            picks.Add(best, -scores[best]);
        }
        return picks.Result();
    }

    /// <summary>Suppression: walks down a ranking; an item that is taken rules out all later ones that are more similar to it than the
    /// threshold.</summary>
    /// <param name="ranking">Every item once, the best first.</param>
    /// <param name="count">How many to take at most.</param>
    /// <param name="threshold">Similarities strictly above it suppress.</param>
    /// <param name="similarities">Similarities of some items with some others; those of the items that the walk comes by with the
    /// taken ones, and no more, are asked for.</param>
    /// <returns>The items in the order of taking; fewer than wanted where the rest is suppressed.</returns>
    public static int[] Suppress(ReadOnlySpan<int> ranking, int count, double threshold, PairBlock similarities)
    {
        const int Least = 64, Most = 512;
        var taken = new List<int>(count);
        // Items are looked at a block at a time: first beside those taken before, then beside each other.
        for (int next = 0; next < ranking.Length && taken.Count < count;)
        {
            int[] block = ranking.Slice(next, Math.Min(Math.Clamp(count - taken.Count, Least, Most), ranking.Length - next)).ToArray();
            next += block.Length;
            int[] open = taken.Count == 0 ? block : Unlike(block, [.. taken], threshold, similarities);
            TakeFrom(open, taken, count, threshold, similarities);
        }
        return [.. taken];
    }

    private static int[] Unlike(int[] block, int[] taken, double threshold, PairBlock similarities)
    {
        float[] values = ArrayPool<float>.Shared.Rent(block.Length * taken.Length);
        similarities(block, taken, values.AsSpan(0, block.Length * taken.Length));
        int[] open = [.. Enumerable.Range(0, block.Length)
            .Where(i => !(TensorPrimitives.Max<float>(values.AsSpan(i * taken.Length, taken.Length)) > threshold)).Select(i => block[i])];
        ArrayPool<float>.Shared.Return(values);
        return open;
    }

    private static void TakeFrom(int[] open, List<int> taken, int count, double threshold, PairBlock similarities)
    {
        float[] values = ArrayPool<float>.Shared.Rent(open.Length * open.Length);
        similarities(open, open, values.AsSpan(0, open.Length * open.Length));
        bool[] suppressed = new bool[open.Length];
        for (int i = 0; i < open.Length && taken.Count < count; i++)
        {
            if (suppressed[i])
                continue;
            taken.Add(open[i]);
            for (int other = i + 1; other < open.Length; other++)
                suppressed[other] |= values[i * open.Length + other] > threshold;
        }
        ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>Coverage (facility location): always the item that most raises the sum, over all items, of the best similarity to a taken
    /// one, plus its own bonus.</summary>
    /// <param name="count">How many to take, at most as many as there are items.</param>
    /// <param name="bonuses">What taking an item adds by itself.</param>
    /// <param name="similarities">Non-negative similarities to an item; an item that nothing covers counts 0.</param>
    public static GreedyPicks Coverage(int count, ReadOnlySpan<double> bonuses, PairValues similarities)
    {
        int items = bonuses.Length;
        var picks = new Picks([], count, items);
        double[] row = new double[items], covered = new double[items], gains = new double[items], excess = new double[items];
        // A gain only falls while the cover grows, so an old one is a bound: only items whose bound still leads are computed anew.
        gains.AsSpan().Fill(double.PositiveInfinity);
        bool[] fresh = new bool[items];
        while (picks.Count < count)
        {
            int best = TensorPrimitives.IndexOfMax<double>(gains);
            similarities(best, row);
            if (fresh[best])
            {
                picks.Add(best, gains[best]);
                TensorPrimitives.Max(covered, row, covered);
                gains[best] = double.NegativeInfinity;
                Array.Clear(fresh);
                continue;
            }
            TensorPrimitives.Subtract(row, covered, excess);
            TensorPrimitives.Max(excess, 0, excess);
            gains[best] = TensorPrimitives.Sum<double>(excess) + bonuses[best];
            fresh[best] = true;
        }
        return picks.Result();
    }

    private static void Weigh(double[] nearest, ReadOnlySpan<double> factors, double[] scores)
    {
        nearest.CopyTo(scores, 0);
        if (factors.IsEmpty)
            return;
        TensorPrimitives.Max(scores, 0, scores);
        TensorPrimitives.Multiply(scores, factors, scores);
    }

    private sealed class Picks
    {
        private readonly double[] _scores;

        public Picks(ReadOnlySpan<int> start, int count, int items)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, items);
            ArgumentOutOfRangeException.ThrowIfLessThan(count, start.Length);
            (Order, _scores) = (new int[count], new double[count]);
            foreach (int item in start)
                Add(item, double.PositiveInfinity);
        }

        public int[] Order { get; }

        public int Count { get; private set; }

        public void Add(int item, double score) => (Order[Count], _scores[Count++]) = (item, score);

        public void Exclude(double[] scores)
        {
            for (int i = 0; i < Count; i++)
                scores[Order[i]] = double.NegativeInfinity;
        }

        public GreedyPicks Result() => new(Order, _scores);
    }
}
