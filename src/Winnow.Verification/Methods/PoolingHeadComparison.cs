using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Verification.Methods;

/// <summary>Compares the pooled-query head with a recording that holds its weights.</summary>
internal static class PoolingHeadComparison
{
    // Float32 against float32 in another order.
    private const double Tolerance = 1e-4;

    /// <summary>Runs the head over the recorded tower outputs.</summary>
    public static void Compare(Recording recording, Comparison comparison)
    {
        (int frames, int tokens, int width) = (recording.Int("frames"), recording.Int("tokens"), recording.Int("dim"));
        int side = (int)Math.Round(Math.Sqrt(tokens));
        if (side * side != tokens)
            throw new RecordingSkippedException($"a head over {tokens} places, which are no square");
        var config = new SiglipConfig
        {
            Width = width,
            MlpWidth = recording.Int("intermediate"),
            Layers = 0,
            Heads = recording.Int("heads"),
            ImageSide = side,
            PatchSide = 1,
            NormEpsilon = 1e-6f
        };
        using var compute = new Compute();
        var head = new SiglipPoolingHead(config, new Weights(recording), compute);
        using var arena = new ActivationArena();
        float[] features = recording.Floats("vision_features"), attention = new float[config.Heads * tokens],
            saliency = new float[frames * tokens], embeddings = new float[frames * width];
        for (int t = 0; t < frames; t++)
        {
            head.Apply(features.AsSpan(t * tokens * width, tokens * width), [], attention, embeddings.AsSpan(t * width, width), arena);
            head.MeanOverHeads(attention, saliency.AsSpan(t * tokens, tokens));
        }
        comparison.RelativelyClose("attention", recording.Floats("attention"), saliency, Tolerance);
        comparison.RelativelyClose("frame_global_features", recording.Floats("frame_global_features"), embeddings, Tolerance);
    }

    private sealed class Weights(Recording recording) : IWeightSource
    {
        public bool Has(string name) => recording.Has(Stored(name));

        public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape)
        {
            float[] values = recording.Floats(Stored(name));
            return WeightMatrix.FromValues(values, shape[0], values.Length / shape[0]);
        }

        public WeightMatrix Table(string name, int rows, int columns) => Matrix(name, rows, columns);

        public float[] Values(string name, params ReadOnlySpan<int> shape) => recording.Floats(Stored(name));

        // The family's names begin with the tower's, the recording's do not.
        private static string Stored(string name) => name["vision.".Length..];
    }
}
