using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="TimeChatOnline"/>: whole prompts, whose visual places lie between markers.</summary>
internal sealed class TimeChatOnlineRecording : MethodRecording
{
    private const double Tolerance = 1e-5;
    private const int BlockSide = 14;
    private const int Channels = 3;

    // The method undoes the model's normalisation; the recorded bytes are from before it.
    private const float ByteRange = 255f;

    /// <inheritdoc/>
    public override string Method => TimeChatOnline.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        bool pixels = recording.Text("drop_method") == "pixel";
        int[] visual = VisualPlaces(recording);
        TokenGrid grid = Steps(recording, visual);
        var method = new TimeChatOnline(new TimeChatOnline.Options
        {
            Level = pixels ? TimeChatOnline.Comparing.Pixels : TimeChatOnline.Comparing.Features,
            Threshold = recording.Double("drop_threshold"),
            Relative = !recording.Bool("drop_absolute"),
        });
        var signals = new Dictionary<SignalRequest, SignalValue>();
        if (pixels)
            signals.Add(new SignalRequest(Signal.Pixels), Pixels(recording, grid));
        TokenMatrix hidden = recording.Vectors("hidden");
        float[] features = [.. visual.SelectMany(place => hidden[place].ToArray())];
        ReductionPlan plan = method.Reduce(new ReductionInput(new TokenMatrix(features, hidden.Dimension), grid, signals));

        HashSet<int> dropped = [.. visual.Except(plan.Places.Select(place => visual[place]))];
        int[] kept = [.. Enumerable.Range(0, hidden.Count).Where(place => !dropped.Contains(place))];
        comparison.Equal("kept", recording.Integers("kept"), kept);
        comparison.Close("score", recording.Doubles("score"), plan.Trace.Find<double>("scores")!, Tolerance);
        long[] positions = recording.Integers("positions");
        comparison.Equal("kept_positions", recording.Integers("kept_positions"),
            Enumerable.Range(0, 3).SelectMany(part => kept.Select(place => positions[part * hidden.Count + place])).ToArray());
    }

    private static int[] VisualPlaces(Recording recording)
    {
        long[] ids = recording.Integers("input_ids");
        (int start, int end) = (recording.Int("vision_start"), recording.Int("vision_end"));
        var places = new List<int>();
        bool inside = false;
        for (int place = 0; place < ids.Length; place++)
        {
            inside = ids[place] != end && (inside || ids[place] == start);
            if (inside && ids[place] != start)
                places.Add(place);
        }
        return [.. places];
    }

    // Steps of equal size follow each other; the official code tells them apart by their time position.
    private static TokenGrid Steps(Recording recording, int[] visual)
    {
        long[] positions = recording.Integers("positions");
        int steps = visual.Select(place => positions[place]).Distinct().Count();
        if (visual.Length % steps != 0)
            throw new RecordingSkippedException($"{visual.Length} visual tokens in {steps} steps: this build compares steps of equal size");
        return new TokenGrid(steps, 1, visual.Length / steps);
    }

    /// <summary>
    /// Patches <c>[T * gh * gw, channel, picture, row, column]</c>, four neighbours a token in a row, to the signal's <c>[T, 2, N,
    /// P]</c>.
    /// </summary>
    private static SignalValue Pixels(Recording recording, TokenGrid grid)
    {
        const int Pictures = 2, PatchesPerToken = 4, PerPicture = BlockSide * BlockSide;
        long[] bytes = recording.Integers("patches_u8");
        int perPatch = Channels * Pictures * PerPicture, perToken = PatchesPerToken * Channels * PerPicture;
        float[] pixels = new float[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            (int patch, int inside) = (i / perPatch, i % perPatch);
            (int channel, int picture, int pixel) = (inside / (Pictures * PerPicture), inside / PerPicture % Pictures, inside % PerPicture);
            (int token, int part) = (patch / PatchesPerToken, patch % PatchesPerToken);
            int row = (grid.FrameOf(token) * Pictures + picture) * grid.TokensPerFrame + grid.PlaceOf(token);
            pixels[row * perToken + (part * Channels + channel) * PerPicture + pixel] = bytes[i] / ByteRange;
        }
        return new SignalValue(pixels, grid.Frames, Pictures, grid.TokensPerFrame, perToken);
    }
}
