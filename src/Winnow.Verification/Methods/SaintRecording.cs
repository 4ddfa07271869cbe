using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="Saint"/>: one layer of the language model, one block of an encoder, and the thinning to a fixed number; all on
/// keys averaged over heads.
/// </summary>
internal sealed class SaintRecording : MethodRecording
{
    private const int Layer = 1;

    /// <inheritdoc/>
    public override string Method => Saint.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => Part(recording) is "llm" or "vit" or "fullgraph";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (Part(recording) == "llm")
            CompareLayer(recording, comparison);
        else if (Part(recording) == "vit")
            CompareBlock(recording, comparison);
        else
            CompareThinning(recording, comparison);
    }

    private static void CompareBlock(Recording recording, Comparison comparison)
    {
        (int images, int count) = (recording.Shape("keys")[0], recording.Shape("keys")[1]);
        int special = recording.Knows("class_token") && recording.Bool("class_token") ? 1 : 0;
        var method = new Saint(new Saint.Options
        {
            Parts = MethodParts.BeforeModel,
            EncoderRule = Saint.Rule.NearCopies,
            // The rule of one block drops a half at most, so a retention below a half bounds nothing.
            Retention = 0.25,
            EncoderThreshold = recording.Double("threshold"),
            Neighbours = recording.Int("neighbours"),
            Sharpness = recording.Double("gamma"),
            GroupFrames = images,
        });
        RecordedRun run = Run(method, recording, images, count, special);
        IEnumerable<int> rows = run.Origins.Select(row => row % count);
        comparison.Equal("out_rows_in_emitted_order", recording.Integers("out_rows_in_emitted_order"), rows);
    }

    private static void CompareThinning(Recording recording, Comparison comparison)
    {
        var method = new Saint(new Saint.Options
        {
            Parts = MethodParts.BeforeModel,
            EncoderBlock = 0,
            EncoderPatches = recording.Int("keep") - 1,
            Divisor = recording.Int("divisor"),
        });
        RecordedRun run = Run(method, recording, 1, recording.Shape("keys")[0], special: 1);
        comparison.Equal("out_kept_rows", recording.Integers("out_kept_rows"), run.Origins);
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), run.Origins.Skip(1).Select(row => row - 1));
    }

    private static RecordedRun Run(Saint method, Recording recording, int images, int count, int special)
    {
        EncoderContext context = RecordedRun.Context(1, 1, recording.Grid(images, count - special), special);
        var run = new RecordedRun(method, context, new float[images * count], 1, images);
        run.Stop(new EncoderPoint(0, EncoderMoment.AfterAttention), recording.Vectors("keys"));
        return run;
    }

    private static void CompareLayer(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("keys");
        (int images, int count, int width) = (shape[0], shape[1], shape[2]);
        if (images != 1)
            throw new RecordingSkippedException(
                "several pictures that lose equally many tokens; the language model reads one sequence at a time");
        // The rule of one layer drops a half at most, so a retention below a half bounds nothing.
        var method = new Saint(new Saint.Options
        {
            FirstLayer = Layer,
            LastLayer = Layer,
            Retention = 0.25,
            Threshold = recording.Double("threshold"),
            Neighbours = recording.Int("neighbours"),
            Sharpness = recording.Double("gamma"),
        });
        TokenMatrix keys = recording.Vectors("keys");
        comparison.Equal("out_indices_in_emitted_order", recording.Integers("out_indices_in_emitted_order"), method.Kept(keys, count));
        PrefillContext context = RecordedPrefill.Context(RecordedPrefill.NoStates(count), 0, count, 1) with { HeadWidth = width };
        var prefill = new RecordedPrefill(context);
        prefill.Stop(method.Begin(context), new PrefillPoint(Layer), keys: keys);
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), prefill.VisualPlaces);
    }
}
