using Winnow.Models.Prefill;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Tests.Prefill;

/// <summary>What methods are shown: attention in every form, keys, transitions, against the same formulas in double precision.</summary>
public sealed class PrefillViewTests : IDisposable
{
    // Probabilities, keys and ratios of float32 states after up to three layers.
    private const double Tolerance = 2e-5;
    private readonly SmallModel _model = new();
    private readonly PromptRows _prompt = SmallModel.Prompt(3, new TokenGrid(2, 2, 3), 4);

    public void Dispose() => _model.Dispose();

    public static TheoryData<AttentionQueries, bool, bool, bool, double> Forms
    {
        get
        {
            var forms = new TheoryData<AttentionQueries, bool, bool, bool, double>();
            foreach (AttentionQueries queries in Enum.GetValues<AttentionQueries>())
                foreach (bool next in new[] { false, true })
                    foreach (bool rotated in new[] { false, true })
                        forms.Add(queries, next, rotated, queries != AttentionQueries.TextAfterVideo, rotated ? 1 : 0.1);
            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Attention_is_that_of_the_rows_asked_for(AttentionQueries queries, bool ofNextLayer,
        bool rotated, bool causal, double temperature)
    {
        var request = new AttentionRequest(queries)
        {
            OfNextLayer = ofNextLayer,
            Rotated = rotated,
            Causal = causal,
            Temperature = temperature
        };
        float[] actual = [];
        ScriptedRun run = new ScriptedRun()
            .At(1, view => PrefillStep.KeepVisual(view, [3, 4, 6, 9, 11, 14]))
            .At(3, view =>
            {
                actual = view.Attention!.ReadAll();
                Assert.Equal((4, 13), (view.Attention.Heads, view.Attention.Keys));
                return null;
            }, new PrefillNeeds { Attention = request });
        using DecoderSession session = _model.Start();
        session.Prefill(_prompt, run, null);

        NaiveDecoder naive = RunNaive();
        NaiveDecoder.Layer layer = naive.Layers[ofNextLayer ? 3 : 2];
        (double[][] q, double[][] k) = rotated ? (layer.RotatedQueries, layer.RotatedKeys) : (layer.Queries, layer.Keys);
        int first = queries switch { AttentionQueries.Last => 12, AttentionQueries.TextAfterVideo => 9, _ => 0 };
        float[] expected = [.. from head in Enumerable.Range(0, 4)
                               from query in Enumerable.Range(first, 13 - first)
                               from share in naive.Attention(q[query], k, head, key => !causal || key <= query, temperature)
                               select (float)share];
        Close.Relative("attention", expected, actual, Tolerance);
    }

    [Fact]
    public void Attention_between_the_blocks_is_that_of_the_layer_that_is_running()
    {
        float[] actual = [];
        ScriptedRun run = new ScriptedRun().At(new PrefillPoint(2, PrefillMoment.AfterAttention), view =>
        {
            actual = view.Attention!.ReadAll();
            return null;
        }, new PrefillNeeds { Attention = new AttentionRequest(AttentionQueries.Last) });
        using DecoderSession session = _model.Start();
        session.Prefill(_prompt, run, null);

        NaiveDecoder naive = _model.Naive();
        naive.Run(SmallModel.States(_prompt), _prompt.Positions);
        NaiveDecoder.Layer layer = naive.Layers[2];
        float[] expected = [.. Enumerable.Range(0, 4).SelectMany(
            head => naive.Attention(layer.RotatedQueries[^1], layer.RotatedKeys, head, _ => true)).Select(share => (float)share)];
        Close.Relative("attention", expected, actual, Tolerance);
        Close.Relative("states", Flat(layer.AfterAttention.Select(row => row.State)), run.Seen[0].Hidden.Values.Span, Tolerance);
    }

    [Fact]
    public void Keys_states_and_transitions_are_those_of_the_layer_in_front()
    {
        ScriptedRun run = new ScriptedRun()
            .At(1, view => PrefillStep.KeepVisual(view, [3, 4, 6, 9, 11, 14]))
            .At(3, _ => null, new PrefillNeeds { Keys = true, Transitions = true });
        using DecoderSession session = _model.Start();
        session.Prefill(_prompt, run, null);

        NaiveDecoder naive = RunNaive();
        NaiveDecoder.Layer layer = naive.Layers[2];
        PrefillView view = run.Seen[1];
        Close.Relative("keys", Flat(layer.RotatedKeys), view.Keys!.Value.Values.Span, Tolerance);
        Close.Relative("states", Flat(naive.Layers[3].Entering.Select(row => row.State)), view.Hidden.Values.Span, Tolerance);
        Close.Relative("attention ratio", Ratios(layer.AttentionInput, layer.AttentionOutput), view.Transitions!.AttentionRatio, Tolerance);
        Close.Relative("attention cosine", Cosines(layer.AttentionInput, layer.AttentionOutput),
            view.Transitions.AttentionCosine, Tolerance);
        Close.Relative("mlp ratio", Ratios(layer.MlpInput, layer.MlpOutput), view.Transitions.MlpRatio, Tolerance);
        Close.Relative("mlp cosine", Cosines(layer.MlpInput, layer.MlpOutput), view.Transitions.MlpCosine, Tolerance);
    }

    [Fact]
    public void Attention_in_front_of_layer_0_and_behind_the_last_layer_is_refused()
    {
        using DecoderSession first = _model.Start(), last = _model.Start();
        var ran = new PrefillNeeds { Attention = new AttentionRequest(AttentionQueries.Last) };
        var next = new PrefillNeeds { Attention = new AttentionRequest(AttentionQueries.Last) { OfNextLayer = true } };
        Assert.Contains("layer 0",
            Assert.Throws<InvalidOperationException>(() => first.Prefill(_prompt, new ScriptedRun().At(0, _ => null, ran), null)).Message);
        Assert.Contains("last",
            Assert.Throws<InvalidOperationException>(() => last.Prefill(_prompt, new ScriptedRun().At(4, _ => null, next), null)).Message);
    }

    private NaiveDecoder RunNaive()
    {
        int[] kept = [3, 4, 6, 9, 11, 14];
        NaiveDecoder naive = _model.Naive((layer, inside, rows) => layer == 1 && !inside
            ? [.. rows.Where(row => row.Origin is < 3 or >= 15 || kept.Contains(row.Origin))]
            : rows);
        naive.Run(SmallModel.States(_prompt), _prompt.Positions);
        return naive;
    }

    private static float[] Flat(IEnumerable<double[]> rows) => [.. rows.SelectMany(row => row).Select(value => (float)value)];

    private static float[] Ratios(double[][] input, double[][] output) => [.. input.Zip(output, (x, y) => (float)(Norm(y) / Norm(x)))];

    private static float[] Cosines(double[][] input, double[][] output) =>
        [.. input.Zip(output, (x, y) => (float)(x.Zip(y, (a, b) => a * b).Sum() / Norm(x) / Norm(y)))];

    private static double Norm(double[] x) => Math.Sqrt(x.Sum(value => value * value));
}
