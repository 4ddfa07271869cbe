using Winnow.Models.Prefill;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Tests.Prefill;

public sealed class CacheReductionTests : IDisposable
{
    // Float32 against double over four small layers, in half precision caches 11 bits of keys and values.
    private const double Tolerance = 2e-5;
    private const double HalfTolerance = 5e-3;
    private readonly SmallModel _model = new();
    private readonly PromptRows _prompt = SmallModel.Prompt(3, new TokenGrid(2, 2, 3), 4);

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Attention_after_the_prompt_is_that_of_its_last_row_in_each_layer()
    {
        var run = new Scripted { Acts = _ => true };
        using DecoderSession session = _model.Start();
        float[] logits = session.Prefill(_prompt, null, run).ToArray();

        using DecoderSession none = _model.Start();
        Assert.Equal(none.Prefill(_prompt).ToArray(), logits);
        NaiveDecoder naive = _model.Naive();
        naive.Run(SmallModel.States(_prompt), _prompt.Positions);
        Assert.Equal([0, 1, 2, 3], run.Seen.Select(view => view.Layer));
        foreach (CacheView view in run.Seen)
        {
            NaiveDecoder.Layer layer = naive.Layers[view.Layer];
            float[] expected = [.. Enumerable.Range(0, 4).SelectMany(
                head => naive.Attention(layer.RotatedQueries[^1], layer.RotatedKeys, head, _ => true)).Select(share => (float)share)];
            Close.Relative("attention", expected, view.Attention.ReadAll(), Tolerance);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_left_out_of_a_head_are_unseen_by_later_rows_in_that_head(bool half)
    {
        // Both heads of layers 1 and 3 keep the same rows here, so that masks by layer describe them.
        var run = new Scripted { Acts = layer => layer is 1 or 3, Keep = _ => [[4, 9], [4, 9]] };
        PromptRows turn = SmallModel.Rows(3, 19, seed: 6);
        using DecoderSession session = _model.Start(half);
        session.Prefill(_prompt, null, run);
        Assert.Equal([19, 9, 19, 9], session.CachedRows);

        float[] logits = session.Prefill(turn).ToArray();

        NaiveDecoder naive = _model.Naive(
            hidden: (layer, query, key) => layer is 1 or 3 && query >= 19 && key is >= 3 and < 15 and not (4 or 9));
        Close.Relative("logits", naive.Run(SmallModel.States(_prompt, turn), [.. _prompt.Positions, .. turn.Positions]),
            logits, half ? HalfTolerance : Tolerance);
    }

    [Fact]
    public void Each_head_keeps_its_own_rows()
    {
        // A head that keeps row 4 and one that keeps row 9: twice the same model, heads swapped,
        // must differ from both heads keeping either.
        float[] own = After([[4], [9]]), left = After([[4], [4]]), right = After([[9], [9]]);
        Assert.NotEqual(own, left);
        Assert.NotEqual(own, right);

        float[] After(int[][] kept)
        {
            using DecoderSession session = _model.Start();
            session.Prefill(_prompt, null, new Scripted { Acts = layer => layer == 3, Keep = _ => kept });
            return session.Step(5).ToArray();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Step_sees_only_what_is_chosen_for_it_and_nothing_is_deleted(bool half)
    {
        int[][] visible = [[5, 6, 14], [3], []];
        int step = 0;
        var run = new Scripted { First = 2, Visible = _ => step < 3 ? visible[step] : null };
        using DecoderSession session = _model.Start(half);
        session.Prefill(_prompt, null, run);
        float[] logits = [];
        int[] ids = [8, 20, 33, 41];
        for (; step < 4; step++)
            logits = session.Step(ids[step]).ToArray();

        float[][] rows = [.. ids.Select(id =>
        {
            float[] row = new float[SmallModel.Config.Width];
            _model.Decoder.Embed([id], row);
            return row;
        })];
        NaiveDecoder naive = _model.Naive(hidden: (layer, query, key) => layer >= 2 && query is >= 19 and < 22
            && key is >= 3 and < 15 && !visible[query - 19].Contains(key));
        Close.Relative("logits", naive.Run([.. SmallModel.States(_prompt), .. rows], [.. Enumerable.Range(0, 23)]),
            logits, half ? HalfTolerance : Tolerance);
        Assert.Equal([23, 23, 23, 23], session.CachedRows);
        NaiveDecoder.Layer before = naive.Layers[1];
        float[] expected = [.. Enumerable.Range(0, 4).SelectMany(
            head => naive.Attention(before.RotatedQueries[22], before.RotatedKeys, head, _ => true)).Select(share => (float)share)];
        Close.Relative("attention", expected, run.LastAttention, half ? HalfTolerance : Tolerance);
    }

    [Fact]
    public void Choice_of_a_step_follows_rows_into_layers_that_hold_fewer()
    {
        // Layer 3 has lost row 5 and others in the prompt; of the visible rows 5 and 6 it can show 6 alone.
        var run = new Scripted { First = 1, Visible = _ => [5, 6] };
        ScriptedRun inside = new ScriptedRun().At(3, view => PrefillStep.KeepVisual(view, [6, 7, 8]));
        using DecoderSession session = _model.Start();
        session.Prefill(_prompt, inside, run);

        float[] logits = session.Step(8).ToArray();

        float[] row = new float[SmallModel.Config.Width];
        _model.Decoder.Embed([8], row);
        NaiveDecoder naive = _model.Naive(
            (layer, isInside, rows) => layer == 3 && !isInside ? [.. rows.Where(item => item.Origin is < 3 or >= 15 or 6 or 7 or 8)] : rows,
            (layer, query, key) => layer >= 1 && query == 19 && key is >= 3 and < 15 and not (5 or 6));
        Close.Relative("logits", naive.Run([.. SmallModel.States(_prompt), row], [.. Enumerable.Range(0, 20)]), logits, Tolerance);
    }

    [Fact]
    public void Answers_that_break_the_contract_are_refused()
    {
        foreach (int[][] kept in (int[][][])[[[4]], [[4], [4, 5]], [[2], [4]], [[15], [4]]])
        {
            using DecoderSession session = _model.Start();
            Assert.Throws<InvalidOperationException>(
                () => session.Prefill(_prompt, null, new Scripted { Acts = _ => true, Keep = _ => kept }));
        }
    }

    private sealed class Scripted : ICacheReducer, ICacheRun
    {
        public Func<int, bool> Acts { get; init; } = _ => false;

        public Func<CacheView, int[][]?> Keep { get; init; } = _ => null;

        public int? First { get; init; }

        public Func<CacheView, int[]?> Visible { get; init; } = _ => null;

        public List<CacheView> Seen { get; } = [];

        public float[] LastAttention { get; private set; } = [];

        public int? FirstStepLayer => First;

        public ICacheRun BeginCache(PrefillContext context) => this;

        public bool ActsAfterPrefill(int layer) => Acts(layer);

        public IReadOnlyList<IReadOnlyList<int>>? KeepAfterPrefill(CacheView view)
        {
            Seen.Add(view);
            return Keep(view);
        }

        public IReadOnlyList<int>? VisibleInStep(CacheView view)
        {
            LastAttention = view.Attention.ReadAll();
            return Visible(view);
        }
    }
}
