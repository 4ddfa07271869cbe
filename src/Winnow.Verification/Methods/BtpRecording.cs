using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Btp"/>: its three rules, and its three cuts one after another.</summary>
internal sealed class BtpRecording : MethodRecording
{
    // The official code is written for this prompt.
    private const int SystemTokens = 35, Side = 24;
    private static readonly int[] Layers = [3, 6, 14];

    /// <inheritdoc/>
    public override string Method => Btp.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => Part(recording) is "parts" or "pipeline";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (Part(recording) == "parts")
            CompareParts(recording, comparison);
        else
            ComparePipeline(recording, comparison);
    }

    private static void CompareParts(Recording recording, Comparison comparison)
    {
        TokenMatrix features = recording.Vectors("features");
        int[] present = recording.Knows("preselected") ? recording.IntsBetweenCommas("preselected") : [];
        int heads = recording.Shape("attention")[0];
        double[] scores = ReceivedAttention.Mean(AttentionView.Of(recording.Floats("attention"), heads, 1), 0, features.Count);
        comparison.Equal("out_diverse", recording.Integers("out_diverse"),
            Btp.Diverse(new CosineTable(features), recording.Int("diverse"), present));
        comparison.Equal("out_attention", recording.Integers("out_attention"),
            Btp.ByAttention(scores, recording.Int("select"), recording.Int("extra"), recording.Int("boundary")));
        comparison.Equal("out_spatial", recording.Integers("out_spatial"),
            Btp.Spatial([.. Enumerable.Range(0, features.Count)], recording.Int("cols"), recording.Int("spatial")));
    }

    private static void ComparePipeline(Recording recording, Comparison comparison)
    {
        int visual = recording.Shape("hidden_stage1")[0], texts = recording.Int("text_tokens");
        int[] wanted = [.. Enumerable.Range(1, Layers.Length).Select(stage => recording.Shape($"out_kept_indices_stage{stage}")[0])];
        var method = new Btp(new Btp.Options { Layers = Layers, KeptTokens = wanted, Reproduce = true });
        PrefillContext context = RecordedPrefill.Context(RecordedPrefill.NoStates(SystemTokens + visual + texts),
            SystemTokens, visual, recording.Int("heads")) with
        {
            Grid = new TokenGrid(1, visual / Side, Side),
        };
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = method.Begin(context);
        long[] filled = new long[2];
        for (int stage = 0; stage < Layers.Length; stage++)
        {
            int[] alive = [.. prefill.VisualPlaces];
            if (stage < 2)
                prefill.Continue(Padded(recording.Vectors($"hidden_stage{stage + 1}").Gather(alive), texts));
            PrefillView view = prefill.View(new PrefillPoint(Layers[stage]), Attention(recording, stage, alive, texts));
            Btp.Choice choice = method.Choose(stage, view, wanted[stage]);
            CompareChoice(recording, comparison, stage, choice);
            if (stage < 2)
                filled[stage] = choice.Filled;
            prefill.Stop(run, view);
            comparison.Equal($"out_kept_indices_stage{stage + 1}",
                recording.Integers($"out_kept_indices_stage{stage + 1}"), prefill.VisualPlaces);
        }
        comparison.Equal("out_filled_by_diversity", recording.Integers("out_filled_by_diversity"), filled);
    }

    private static void CompareChoice(Recording recording, Comparison comparison, int stage, Btp.Choice choice)
    {
        if (stage == 0)
        {
            comparison.Equal("out_diverse_stage1", recording.Integers("out_diverse_stage1"), choice.Diverse);
            comparison.Equal("out_attention_stage1", recording.Integers("out_attention_stage1"), choice.Attended);
            comparison.Equal("initial_spatial", recording.Integers("initial_spatial"), choice.Spatial);
        }
        else if (stage == 1)
            comparison.Equal("out_diverse_local_stage2", recording.Integers("out_diverse_local_stage2"), choice.Diverse);
    }

    private static AttentionView Attention(Recording recording, int stage, int[] alive, int texts)
    {
        string array = $"attention_last_stage{stage + 1}";
        (int heads, int visual) = (recording.Shape(array)[0], recording.Shape(array)[1]);
        float[] recorded = recording.Floats(array);
        IEnumerable<float> Row(int head) =>
            [.. new float[SystemTokens], .. alive.Select(place => recorded[head * visual + place]), .. new float[texts]];
        return AttentionView.Of(Enumerable.Range(0, heads).SelectMany(Row).ToArray(), heads, 1);
    }

    private static TokenMatrix Padded(TokenMatrix visual, int texts) =>
        new((float[])[.. new float[SystemTokens * visual.Dimension], .. visual.Values.Span, .. new float[texts * visual.Dimension]],
            visual.Dimension);
}
