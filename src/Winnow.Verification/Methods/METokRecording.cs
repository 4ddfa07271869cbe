using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="METok"/>, stage 1.</summary>
internal sealed class METokRecording : MethodRecording
{
    // Cosines and means recorded in float32.
    private const double Tolerance = 1e-5;

    // The official strides of key events' sharp frames; the others are two and four times as coarse.
    private const int OfficialStride = 2;

    /// <inheritdoc/>
    public override string Method => METok.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("frame_text_similarity");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new METok(new METok.Options
        {
            Cuts = recording.Int("cuts"),
            KeyEvents = recording.Int("key_events"),
            SharpFrames = recording.Int("sharp_frames_per_event"),
            Stride = OfficialStride,
            Mode = PoolingOf(recording.Text("pool_mode")),
        });
        int side = recording.Int("side");
        var grid = new TokenGrid(recording.Shape("features")[0], side, side);
        TokenMatrix features = recording.Vectors("features");
        ReductionPlan plan = method.Reduce(new ReductionInput(features, grid, new Dictionary<SignalRequest, SignalValue> { [new SignalRequest(Signal.FrameScores)] = recording.Signal("frame_text_similarity") }));
        PlanTrace trace = plan.Trace;
        int[] starts = trace.Find<int>(PlanTrace.SegmentStarts)!, ends = [.. starts.Skip(1), grid.Frames], frameTokens = trace.Find<int>(PlanTrace.FrameBudgets)!;
        comparison.Close("adjacent_similarity", recording.Doubles("adjacent_similarity"), trace.Find<double>("similarity"), Tolerance);
        comparison.Equal("events", recording.Integers("events"), starts.Zip(ends, (start, end) => new[] { start, end - 1 }).SelectMany(pair => pair));
        comparison.Close("event_relevance", recording.Doubles("event_relevance"), trace.Find<double>("relevance"), Tolerance);
        comparison.Equal("key_events", recording.Integers("key_events"), trace.Find<int>("key_events")!);
        comparison.Equal("frame_tokens", recording.Integers("frame_tokens"), frameTokens);
        // Every event is followed by the newline vector, which its length counts.
        int[] lengths = [.. starts.Zip(ends, (start, end) => frameTokens[start..end].Sum())];
        comparison.Equal("event_lengths", recording.Integers("event_lengths"), lengths.Select(length => length + 1));
        float[] pooled = plan.Apply(features), newline = recording.Floats("newline");
        var tokens = new List<float>();
        int next = 0;
        foreach (int length in lengths)
        {
            tokens.AddRange(pooled.AsSpan(next, length * features.Dimension));
            tokens.AddRange(newline);
            next += length * features.Dimension;
        }
        comparison.RelativelyClose("tokens", recording.Floats("tokens"), tokens.ToArray(), Tolerance);
    }

    private static METok.Pooling PoolingOf(string mode) => mode switch
    {
        "bilinear" => METok.Pooling.Bilinear,
        "average" => METok.Pooling.Average,
        "max" => METok.Pooling.Maximum,
        _ => throw new RecordingSkippedException($"there is no pool mode \"{mode}\""),
    };
}
