using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="SparseVlm"/> in its three versions, stage after stage.</summary>
internal sealed class SparseVlmRecording : MethodRecording
{
    // Sums of float32 probabilities and distances in another order.
    private const double Tolerance = 1e-5;
    private const int Recycled = -1;

    /// <inheritdoc/>
    public override string Method => SparseVlm.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("text_rating");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int[] layers = recording.Ints("sparse_layers");
        SparseVlm.Variant version = VersionOf(recording.Text("variant"));
        var method = new SparseVlm(new SparseVlm.Options
        {
            Version = version,
            SparseLayers = layers,
            Budgets = version == SparseVlm.Variant.Rank ? null : recording.Ints("budgets"),
            Scale = version == SparseVlm.Variant.Rank ? recording.Double("scale") : null,
            Bias = version == SparseVlm.Variant.Rank ? recording.Double("bias") : 0,
            HeadsUsed = version == SparseVlm.Variant.Plus ? recording.Int("heads_selected") : recording.Int("heads"),
        });
        PrefillContext context = RecordedPrefill.Context(recording.Vectors("input_hidden"), recording.Int("image_start"),
            recording.Int("image_length"), recording.Int("heads")) with
        {
            HeadWidth = recording.Int("head_dim"),
            RopeBase = recording.Knows("rope_base") ? recording.Double("rope_base") : 10000,
        };
        comparison.Close("text_rating", recording.Doubles("text_rating"), SparseVlm.Ratings(context), Tolerance);
        comparison.Equal("raters", recording.Integers("raters"), SparseVlm.Raters(context));
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = method.Begin(context);
        int[] origins = [.. context.Places];
        for (int stage = 0; stage < layers.Length; stage++)
        {
            string name = $"stage{stage}_";
            prefill.Continue(recording.Vectors(name + "layer_output"));
            if (recording.Has(name + "position_bias"))
                comparison.RelativelyClose(name + "position_bias", recording.Floats(name + "position_bias"),
                    [.. from i in prefill.Positions from j in prefill.Positions select (float)SparseVlm.PositionBias(context, i - j)],
                    Tolerance);
            PrefillStep? step = prefill.Stop(run, new PrefillPoint(layers[stage] + 1),
                RecordedPrefill.LastRows(recording, name + "attention", recording.Int("text_length")));
            if (step is not null)
                CompareChoice(recording, comparison, name, step.Plan.Trace);
            int[] kept = step?.Plan.Trace.Find<int>("kept") ?? [.. Enumerable.Range(0, origins.Length)];
            origins = [.. kept.Select(row => origins[row]), .. Enumerable.Repeat(Recycled, prefill.VisualPlaces.Count() - kept.Length)];
            comparison.Equal(name + "origin", recording.Integers(name + "origin"), origins);
            comparison.Equal(name + "position_ids", recording.Integers(name + "position_ids"), prefill.Positions);
            comparison.RelativelyClose(name + "sequence", recording.Floats(name + "sequence"), prefill.Hidden.Values.Span, Tolerance);
        }
    }

    private static void CompareChoice(Recording recording, Comparison comparison, string name, PlanTrace trace)
    {
        comparison.RelativelyClose(name + "scores", recording.Floats(name + "scores"),
            Array.ConvertAll(trace.Find<double>("scores")!, score => (float)score), Tolerance);
        comparison.Equal(name + "kept_places", recording.Integers(name + "kept_places"), trace.Find<int>("kept")!);
        if (recording.Has(name + "singular_values"))
            comparison.RelativelyClose(name + "singular_values", recording.Floats(name + "singular_values"),
                Array.ConvertAll(trace.Find<double>("singular_values")!, value => (float)value), Tolerance);
        if (recording.Has(name + "head_sums"))
        {
            comparison.RelativelyClose(name + "head_sums", recording.Floats(name + "head_sums"),
                Array.ConvertAll(trace.Find<double>("head_sums")!, sum => (float)sum), Tolerance);
            comparison.SameSet(name + "selected_heads", recording.Integers(name + "selected_heads"), trace.Find<int>("heads")!);
        }
        if (!recording.Has(name + "recycled_places"))
            return;
        comparison.Equal(name + "recycled_places", recording.Integers(name + "recycled_places"), trace.Find<int>("recycled")!);
        comparison.Equal(name + "assignment", recording.Integers(name + "assignment"), trace.Find<int>("assignment")!);
        // Of a single cluster the centre is arbitrary: the neighbour of each token is itself.
        if (recording.Int(name + "clusters") > 1)
        {
            comparison.Close(name + "density", recording.Doubles(name + "density"), trace.Find<double>("density"), Tolerance);
            comparison.RelativelyClose(name + "center_score", recording.Floats(name + "center_score"),
                Array.ConvertAll(trace.Find<double>("centre_score")!, score => (float)score), Tolerance);
            comparison.Equal(name + "centers", recording.Integers(name + "centers"), trace.Find<int>("centres")!);
        }
    }

    private static SparseVlm.Variant VersionOf(string name) => name switch
    {
        "schedule" => SparseVlm.Variant.Schedule,
        "rank" => SparseVlm.Variant.Rank,
        "plus" => SparseVlm.Variant.Plus,
        _ => throw new RecordingSkippedException($"there is no version \"{name}\""),
    };
}
