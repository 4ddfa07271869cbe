using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FlexSelect"/>, whose recorded rows are what enters the reference layer.</summary>
internal sealed class FlexSelectRecording : MethodRecording
{
    // Attention from float32 products in another order.
    private const double Tolerance = 1e-5;

    // Any layer but the first: no layers are run.
    private const int Layer = 1;
    private const float Padding = -1;

    /// <inheritdoc/>
    public override string Method => FlexSelect.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("group_frames");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("vision_embeddings");
        (int prefix, int text, int visual, int width) =
            (recording.Shape("prefix_embeddings")[0], recording.Shape("text_embeddings")[0], shape[0] * shape[1], shape[2]);
        var method = new FlexSelect(new FlexSelect.Options
        {
            Layer = Layer,
            TokenBudget = recording.Int("token_budget"),
            GroupFrames = recording.Int("max_frames_per_group"),
            Score = recording.Text("score").StartsWith("mean", StringComparison.Ordinal)
                ? FlexSelect.ScoreKind.Mean
                : FlexSelect.ScoreKind.Maximum,
        });
        float[] rows =
            [.. recording.Floats("prefix_embeddings"), .. recording.Floats("vision_embeddings"), .. recording.Floats("text_embeddings")];
        PrefillContext context = RecordedPrefill.Context(new TokenMatrix(rows, width), prefix, visual, recording.Int("heads")) with
        {
            Grid = new TokenGrid(shape[0], 1, shape[1]),
        };
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = method.Begin(context);
        var groupFrames = new List<int>();
        var groupScores = new List<float>();
        var groups = new List<HashSet<int>>();
        if (run.NeedsAt(new PrefillPoint(0)) is not null)
            prefill.Stop(run, new PrefillPoint(0));
        else
            groupFrames.AddRange(Padded(Enumerable.Range(0, shape[0]), recording.Shape("group_frames")[1]));
        while (run.NeedsAt(new PrefillPoint(Layer)) is not null)
        {
            groupFrames.AddRange(
                Padded(prefill.VisualPlaces.Select(place => place / shape[1]).Distinct(), recording.Shape("group_frames")[1]));
            groups.Add([.. prefill.VisualPlaces]);
            PrefillStep step = prefill.Stop(run, new PrefillPoint(Layer),
                Attention(recording).Of(prefill.Hidden, prefill.Positions, text))!;
            double[] scores = step.Plan.Trace.Find<double>("scores")!;
            groupScores.AddRange([.. scores.Select(score => (float)score),
                .. Enumerable.Repeat(Padding, recording.Shape("group_scores")[1] - scores.Length)]);
        }
        comparison.Equal("group_frames", recording.Integers("group_frames"), groupFrames);
        if (recording.Has("group_scores"))
        {
            comparison.Close("group_scores", recording.Floats("group_scores"), groupScores.ToArray(), Tolerance);
            comparison.Equal("group_kept", recording.Integers("group_kept"),
                groups.Select(group => prefill.VisualPlaces.Count(group.Contains)));
        }
        comparison.Equal("kept", recording.Integers("kept"), prefill.VisualPlaces);
    }

    private static IEnumerable<int> Padded(IEnumerable<int> frames, int most) =>
        frames.Concat(Enumerable.Repeat((int)Padding, most)).Take(most);

    private static ProjectedAttention Attention(Recording recording) => new()
    {
        Norm = recording.Floats("norm_weight"),
        Epsilon = (float)recording.Double("rms_eps"),
        QueryWeight = recording.Floats("q_weight"),
        QueryBias = recording.Floats("q_bias"),
        KeyWeight = recording.Floats("k_weight"),
        KeyBias = recording.Floats("k_bias"),
        Heads = recording.Int("heads"),
        KeyHeads = recording.Int("kv_heads"),
        RopeBase = recording.Double("rope_base"),
    };
}
