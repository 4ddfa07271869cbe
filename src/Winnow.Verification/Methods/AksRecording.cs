using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="Aks"/>: chosen frames as numbers in the video.</summary>
internal sealed class AksRecording : MethodRecording
{
    // Both sides are float64.
    private const double Tolerance = 1e-12;

    /// <inheritdoc/>
    public override string Method => Aks.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("selected_frames");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new Aks(new Aks.Options
        {
            Ratio = recording.Int("ratio"),
            PeakThreshold = recording.Double("t1"),
            SpreadThreshold = recording.Double("t2"),
            Depth = recording.Int("all_depth"),
            Reproduce = true,
        });
        long[] frames = recording.Integers("frame_numbers");
        FrameChoice choice = method.Select(recording.Doubles("scores"), recording.Int("max_num_frames"));

        comparison.Equal("selected_frames", recording.Integers("selected_frames"), choice.Indices.Select(index => frames[index]).ToArray());
        if (!recording.Has("normalized"))
            return;
        comparison.Close("normalized", recording.Doubles("normalized"), choice.Trace.Find<double>("normalised"), Tolerance);
        // A piece without candidates has no first frame to compare.
        long[] starts = recording.Integers("leaf_first_frame");
        int[] lengths = choice.Trace.Find<int>("lengths")!;
        long[] first = [.. choice.Trace.Find<int>("starts")!
            .Select((index, leaf) => lengths[leaf] > 0 ? frames[index] : starts.ElementAtOrDefault(leaf))];
        comparison.Equal("leaf_first_frame", starts, first);
        comparison.Equal("leaf_length", recording.Integers("leaf_length"), lengths);
        comparison.Equal("leaf_depth", recording.Integers("leaf_depth"), choice.Trace.Find<int>("depths")!);
        comparison.Equal("leaf_picked", recording.Integers("leaf_picked"), choice.Trace.Find<int>("picked")!);
    }
}
