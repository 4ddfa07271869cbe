using System.Globalization;
using System.Text.RegularExpressions;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FreeVideoLlm"/>, whose parameters are one string.</summary>
internal sealed partial class FreeVideoLlmRecording : MethodRecording
{
    // Sums of a few dozen float32 values.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => FreeVideoLlm.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("out");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        ReductionInput input = recording.Input(signals: [
            (new SignalRequest(Signal.TextEmbeddings), recording.Signal("clip_text")),
            (new SignalRequest(Signal.FrameEmbeddings), recording.Signal("clip_frames")),
            (new SignalRequest(Signal.ImageEmbeddings), recording.Signal("clip_patches"))]);
        ReductionPlan plan = new FreeVideoLlm(Options(recording.Text("setting"), input.Grid.Frames)).Reduce(input);

        comparison.Close("similarity", recording.Doubles("similarity"), plan.Trace.Find<double>("similarity"), Tolerance);
        foreach (string name in new[] { "slow_frames", "middle_frames", "fast_frames", "slow_boxes", "middle_boxes" })
            if (recording.Has(name))
                comparison.Equal(name, recording.Integers(name), plan.Trace.Find<int>(name)!);
        comparison.Close("out", recording.Floats("out"), plan.Apply(input.Features), Tolerance);
    }

    private static FreeVideoLlm.Options Options(string setting, int frames)
    {
        Match parts = Setting().Match(setting);
        if (!parts.Success)
            throw new WinnowException($"The setting \"{setting}\" cannot be read; "
                + "slow_3frms_spatial_1d_max_pool_roi8-middle_5frms_spatial_1d_max_pool_24x12-fast_50frms_4x4 is an example.");
        return new FreeVideoLlm.Options
        {
            SlowFrames = Number(1),
            SlowPooling = Pooling(parts.Groups[2].Value),
            CropRatio = Number(3) / 10.0,
            MiddleFrames = Number(4),
            MiddlePooling = Pooling(parts.Groups[5].Value),
            FastFrames = Math.Min(frames, Number(6)),
            FastRows = Number(7),
            FastColumns = Number(8),
            Reproduce = true,
        };

        int Number(int group) => int.Parse(parts.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    private static FramePooling Pooling(string name) => name switch
    {
        "concat" => FramePooling.None,
        "spatial_1d_max_pool" => FramePooling.PairMaximum,
        "spatial_1d_avg_pool" => FramePooling.PairMean,
        "vertical_1d_max_pool" => FramePooling.VerticalMaximum,
        "spatial_2d_max_pool" => FramePooling.SquareMaximum,
        "spatial_2d_avg_pool" => FramePooling.SquareMean,
        _ => throw new RecordingSkippedException($"this build has no pooling {name} of freevideollm"),
    };

    [GeneratedRegex(@"^slow_(\d+)frms_(\w+)_roi(\d+)-middle_(\d+)frms_(\w+)_\d+x\d+-fast_(\d+)frms_(\d+)x(\d+)$")]
    private static partial Regex Setting();
}
