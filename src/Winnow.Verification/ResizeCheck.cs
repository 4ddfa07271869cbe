using System.Globalization;
using Winnow.Media;
using Winnow.Models.Weights;

namespace Winnow.Verification;

/// <summary>Recordings of the reference library's frame processor: RGB frames and the pixel values that enter the tower.</summary>
internal sealed class ResizeCheck : IRecordingCheck
{
    // One 8-bit level, (v / 255 - 0.5) / 0.5, with room for the rounding of the float values themselves.
    private const double OneLevel = 2 / 255.0 + 1e-6;

    private static readonly double[] Half = [0.5, 0.5, 0.5];

    /// <inheritdoc/>
    public string Kind => "resize";

    /// <inheritdoc/>
    public bool Recognises(string file)
    {
        if (Path.GetExtension(file) != ".safetensors")
            return false;
        using SafeTensorsFile recording = SafeTensorsFile.Open(file);
        return !recording.Metadata.ContainsKey("method") && recording.Metadata.ContainsKey("size")
            && recording.Contains("frames") && recording["frames"].Type == TensorType.U8 && recording.Contains("pixel_values");
    }

    /// <inheritdoc/>
    public void Check(string file, Comparison comparison)
    {
        using SafeTensorsFile recording = SafeTensorsFile.Open(file);
        int size = int.Parse(recording.Metadata["size"], CultureInfo.InvariantCulture);
        TensorEntry stored = recording["frames"];
        (int frames, int height, int width) = ((int)stored.Shape[0], (int)stored.Shape[1], (int)stored.Shape[2]);
        byte[] pixels = recording.ReadBytes("frames");
        var preprocessor = new FramePreprocessor(
            new PreprocessOptions { Width = size, Height = size, Mean = Half, StandardDeviation = Half });
        float[] values = new float[frames * preprocessor.Length];
        for (int frame = 0; frame < frames; frame++)
            preprocessor.Process(width, height, pixels.AsSpan(frame * height * width * 3, height * width * 3),
                values.AsSpan(frame * preprocessor.Length, preprocessor.Length));
        comparison.Close("pixel_values", recording.ReadFloats("pixel_values"), values, OneLevel);
    }
}
