using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="OmniZip"/>: whole sequences of text, audio and visual tokens.</summary>
internal sealed class OmniZipRecording : MethodRecording
{
    private const double Tolerance = 1e-4;

    // Rates are float64 in the recording as here.
    private const double RateTolerance = 1e-9;

    /// <inheritdoc/>
    public override string Method => OmniZip.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var options = new OmniZip.Options
        {
            Discard = recording.Double("rho_video"),
            AudioDiscard = recording.Double("rho_audio"),
            AnchorShare = recording.Double("contextual_ratio"),
            MergeGroup = recording.Int("merge_group"),
            Reproduce = true,
        };
        long[] kinds = recording.Integers("token_kind");
        int[] text = Places(kinds, Kind.Text), audio = Places(kinds, Kind.Audio), visual = Places(kinds, Kind.Visual);
        TokenMatrix sequence = recording.Vectors("embeddings"), audioTokens = Gather(sequence, audio),
            visualTokens = Gather(sequence, visual);
        float[] attention = recording.Floats("audio_attention");
        var signals = new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.AudioAttention)] = new(attention, attention.Length),
            [new SignalRequest(Signal.AudioWindows)] = Windows(kinds),
        };
        var grid = new TokenGrid(recording.Int("frames"), recording.Int("rows"), recording.Int("cols"));
        ReductionPlan visualPlan = new OmniZip(options).Reduce(new ReductionInput(visualTokens, grid, signals));
        ReductionPlan audioPlan = new OmniZipAudio(options).Reduce(audioTokens, attention, visualTokens);

        comparison.Equal("audio_kept", recording.Integers("audio_kept"), audioPlan.Places);
        comparison.Equal("audio_anchors", recording.Integers("audio_anchors"), audioPlan.Trace.Find<int>("anchors")!);
        CompareMerged(recording, audioPlan, comparison);
        comparison.Equal("video_kept", recording.Integers("video_kept"), visualPlan.Places);
        foreach (string rate in new[] { "audio_retention", "base_discard", "adjusted_discard" })
            comparison.Close(rate, recording.Doubles(rate), visualPlan.Trace.Find<double>(rate), RateTolerance);

        var rows = text.Select(place => (place, sequence[place].ToArray()))
            .Concat(Rows(audioPlan, audioTokens, audio)).Concat(Rows(visualPlan, visualTokens, visual)).OrderBy(row => row.Item1).ToArray();
        comparison.Equal("kept", recording.Integers("kept"), rows.Select(row => row.Item1));
        comparison.Close("kept_features", recording.Floats("kept_features"), rows.SelectMany(row => row.Item2).ToArray(), Tolerance);
    }

    // The recording's width is the longest group's, at least 1; only members count.
    private static void CompareMerged(Recording recording, ReductionPlan plan, Comparison comparison)
    {
        int anchors = plan.Trace.Find<int>("anchors")!.Length;
        if (anchors == 0)
            return;
        int[] merged = plan.Trace.Find<int>("merged")!;
        long[] expected = recording.Integers("audio_merged");
        for (int i = 0; i < anchors; i++)
            comparison.Equal($"audio_merged[{i}]", Members(expected.Chunk(expected.Length / anchors).ElementAt(i)),
                Members(Array.ConvertAll(merged, member => (long)member).Chunk(merged.Length / anchors).ElementAt(i)));

        static long[] Members(long[] row) => [.. row.Where(member => member >= 0)];
    }

    private static IEnumerable<(int, float[])> Rows(ReductionPlan plan, TokenMatrix source, int[] places)
    {
        var reduced = new TokenMatrix(plan.Apply(source), source.Dimension);
        return Enumerable.Range(0, plan.Count).Select(i => (places[plan.Places[i]], reduced[i].ToArray()));
    }

    private static int[] Places(long[] kinds, Kind kind) =>
        [.. Enumerable.Range(0, kinds.Length).Where(place => kinds[place] == (long)kind)];

    private static TokenMatrix Gather(TokenMatrix source, int[] places) =>
        new(places.SelectMany(place => source[place].ToArray()).ToArray(), source.Dimension);

    /// <summary>The i-th run of visual tokens goes with the i-th run of audio tokens.</summary>
    private static SignalValue Windows(long[] kinds)
    {
        List<float> visual = Runs(kinds, Kind.Visual), audio = Runs(kinds, Kind.Audio);
        int count = Math.Max(visual.Count, audio.Count);
        float[] windows =
            [.. Enumerable.Range(0, count).SelectMany(i => new[] { visual.ElementAtOrDefault(i), audio.ElementAtOrDefault(i) })];
        return new SignalValue(windows, count, 2);
    }

    private static List<float> Runs(long[] kinds, Kind kind)
    {
        var lengths = new List<float>();
        for (int place = 0; place < kinds.Length; place++)
        {
            if (kinds[place] != (long)kind)
                continue;
            if (place == 0 || kinds[place - 1] != (long)kind)
                lengths.Add(0);
            lengths[^1]++;
        }
        return lengths;
    }

    private enum Kind
    {
        Text,
        Audio,
        Visual,
    }
}
