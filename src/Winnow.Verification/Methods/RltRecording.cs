using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="Rlt"/>: which patches of a clip are new. The position table and the run lengths belong to a trained model and
/// are not compared.
/// </summary>
internal sealed class RltRecording : MethodRecording
{
    private const int Channels = 3;

    // Means of float32 differences.
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Method => Rlt.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("keep_mask");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int clips = recording.Shape("frames")[0], frames = recording.Shape("frames")[1], tubelet = recording.Int("tubelet");
        double[] deviation = Numbers(recording.Text("pixel_std"));
        var mask = new List<long>();
        var kept = new List<int>();
        var counts = new List<int>();
        var differences = new List<double>();
        var means = new List<float>();
        float[] first = [];
        for (int clip = 0; clip < clips; clip++)
        {
            TokenMatrix[] patches = [.. Enumerable.Range(0, frames).Select(frame => Patches(recording, clip * frames + frame))];
            int before = kept.Count;
            for (int tube = 0; tube < frames / tubelet; tube++)
            {
                PatchFate[] fates = Fates(recording, patches, tube, tubelet, deviation, differences);
                for (int place = 0; place < fates.Length; place++)
                {
                    mask.Add(fates[place] == PatchFate.Encode ? 1 : 0);
                    if (fates[place] != PatchFate.Encode)
                        continue;
                    kept.Add((clip * frames / tubelet + tube) * fates.Length + place);
                    float[] values = Tube(patches, tube, tubelet, place);
                    means.Add(values.Average());
                    first = first.Length == 0 ? values : first;
                }
            }
            counts.Add(kept.Count - before);
        }
        comparison.Close("mean_abs_diff", recording.Doubles("mean_abs_diff"), differences.ToArray(), Tolerance);
        comparison.Equal("keep_mask", recording.Integers("keep_mask"), mask.ToArray());
        comparison.Equal("kept_index", recording.Integers("kept_index"), kept);
        comparison.Equal("num_kept", recording.Integers("num_kept"), counts);
        comparison.Close("patch_mean", recording.Floats("patch_mean"), means.ToArray(), Tolerance);
        comparison.Close("first_patch", recording.Floats("first_patch"), first, Tolerance);
    }

    /// <summary>
    /// A tubelet's last frame is compared with the first of the tubelet before, as two frames of which the method sees one after the other.
    /// </summary>
    private static PatchFate[] Fates(Recording recording, TokenMatrix[] patches, int tube, int tubelet,
        double[] deviation, List<double> differences)
    {
        TokenMatrix later = patches[(tube + 1) * tubelet - 1];
        var context = new PatchContext(recording.Int("height") / recording.Int("patch"),
            recording.Int("width") / recording.Int("patch"), recording.Int("patch"), deviation);
        IPatchRun run = new Rlt(new Rlt.Options { Threshold = recording.Double("threshold") }).Begin(context);
        var fates = new PatchFate[later.Count];
        if (tube > 0)
        {
            TokenMatrix earlier = patches[(tube - 1) * tubelet];
            run.Choose(earlier, fates);
            differences.AddRange(Rlt.Differences(later, earlier, deviation));
        }
        run.Choose(later, fates);
        return fates;
    }

    /// <summary>A frame's patches as vectors of channel, row, column.</summary>
    private static TokenMatrix Patches(Recording recording, int frame)
    {
        (int height, int width, int side) = (recording.Int("height"), recording.Int("width"), recording.Int("patch"));
        double[] mean = Numbers(recording.Text("pixel_mean")), deviation = Numbers(recording.Text("pixel_std"));
        ReadOnlySpan<long> pixels = recording.Integers("frames").AsSpan(frame * height * width * Channels, height * width * Channels);
        float[] patches = new float[pixels.Length];
        int target = 0;
        for (int place = 0; place < height / side * (width / side); place++)
            for (int channel = 0; channel < Channels; channel++)
                for (int i = 0; i < side * side; i++)
                {
                    (int y, int x) = (place / (width / side) * side + i / side, place % (width / side) * side + i % side);
                    float value = (float)pixels[(y * width + x) * Channels + channel] / 255;
                    patches[target++] = (value - (float)mean[channel]) / (float)deviation[channel];
                }
        return new TokenMatrix(patches, Channels * side * side);
    }

    /// <summary>A place's pixels in all frames of a tubelet: channel, frame, row, column.</summary>
    private static float[] Tube(TokenMatrix[] patches, int tube, int tubelet, int place)
    {
        int pixels = patches[0].Dimension / Channels;
        return [.. Enumerable.Range(0, Channels).SelectMany(channel => Enumerable.Range(0, tubelet).SelectMany(frame =>
            patches[tube * tubelet + frame][place].Slice(channel * pixels, pixels).ToArray()))];
    }

    private static double[] Numbers(string list) =>
        [.. list.Split(',').Select(number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
}
