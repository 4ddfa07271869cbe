using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class PlphpTests
{
    [Fact]
    public void Layers_keep_by_their_attention_and_heads_by_their_own()
    {
        // Attention that adds up to 0.5, 0.2 and 0.05 on the video: an attentive, an ordinary and an indifferent layer.
        foreach ((double seen, double rate) in new[] { (0.5, 0.7), (0.2, 0.4), (0.05, 0.1) })
        {
            (PrefillContext context, CacheView view) = View(seen, heads: 4, keyHeads: 2, seed: 3);
            ICacheRun run = new Plphp(new Plphp.Options { Retention = 0.4, FirstLayer = 2 }).BeginCache(context);

            IReadOnlyList<IReadOnlyList<int>> kept = run.KeepAfterPrefill(view)!;

            Assert.Equal(Naive(view, rate, keyHeads: 2), kept);
            Assert.NotEqual(kept[0], kept[1]);
            Assert.Equal((int)Math.Floor(rate * 20), kept[0].Count);
        }
    }

    [Fact]
    public void Layers_before_the_first_stay_whole_and_one_row_always_stays()
    {
        (PrefillContext context, CacheView view) = View(0.01, heads: 2, keyHeads: 2, seed: 4);
        ICacheRun run = new Plphp(new Plphp.Options { Retention = 0.02, Spread = 0.02, FirstLayer = 3 }).BeginCache(context);

        Assert.False(run.ActsAfterPrefill(2));
        Assert.True(run.ActsAfterPrefill(3));
        Assert.All(run.KeepAfterPrefill(view)!, rows => Assert.Single(rows));
    }

    /// <summary>The page's steps, one number at a time.</summary>
    private static List<int[]> Naive(CacheView view, double rate, int keyHeads)
    {
        float[] attention = view.Attention.ReadAll();
        int group = view.Attention.Heads / keyHeads, keys = view.Attention.Keys;
        var kept = new List<int[]>();
        for (int keyHead = 0; keyHead < keyHeads; keyHead++)
        {
            var rows = Enumerable.Range(view.VisualStart, view.VisualCount)
                .Select(row => (
                    Row: row,
                    Mean: Enumerable.Range(keyHead * group, group).Average(head => (double)attention[head * keys + row])))
                .OrderByDescending(item => item.Mean).ThenBy(item => item.Row).Take((int)Math.Floor(rate * view.VisualCount));
            kept.Add([.. rows.Select(item => item.Row).Order()]);
        }
        return kept;
    }

    private static (PrefillContext Context, CacheView View) View(double seen, int heads, int keyHeads, int seed)
    {
        const int Before = 3, Visual = 20, After = 5, Count = Before + Visual + After;
        var random = new Random(seed);
        float[] attention = new float[heads * Count];
        for (int head = 0; head < heads; head++)
        {
            double[] wishes = [.. Enumerable.Range(0, Visual).Select(_ => random.NextDouble())];
            for (int row = 0; row < Count; row++)
                attention[head * Count + row] = (float)(row is >= Before and < Before + Visual
                    ? seen * wishes[row - Before] / wishes.Sum()
                    : (1 - seen) / (Before + After));
        }
        var context = new PrefillContext
        {
            Layers = 8,
            Heads = heads,
            KeyValueHeads = keyHeads,
            HeadWidth = 4,
            RopeBase = 10000,
            VisualStart = Before,
            VisualCount = Visual,
            Grid = new TokenGrid(1, 4, 5),
            Places = [.. Enumerable.Range(0, Visual)],
            Embeddings = new TokenMatrix(new float[Count], 1),
            FinalNorm = new float[1],
            NormEpsilon = 1e-6,
        };
        var view = new CacheView
        {
            Context = context,
            Layer = 4,
            Attention = AttentionView.Of(attention, heads, 1),
            VisualOrigins = [.. Enumerable.Range(Before, Visual)]
        };
        return (context, view);
    }
}
