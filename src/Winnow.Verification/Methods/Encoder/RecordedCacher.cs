using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// STC's cacher over recorded SigLIP blocks, written out: keys everywhere, the rest at the places that the method chooses.
/// </summary>
internal sealed class RecordedCacher(Recording recording)
{
    private const double Epsilon = 1e-6;
    private readonly int _width = recording.Int("D");
    private readonly int _heads = recording.Int("h");
    private readonly int _layers = recording.Int("L");
    private readonly int _frames = recording.Shape("x")[0];
    private readonly int _tokens = recording.Shape("x")[1];

    public void Compare(Comparison comparison, double tolerance)
    {
        int chunk = recording.Int("chunk");
        var method = new Stc(new Stc.Options { ChunkFrames = chunk, UpdateRatio = recording.Double("ratio") });
        float[] x = recording.Floats("x");
        for (int layer = 0; layer < _layers; layer++)
        {
            var recomputed = new List<int>();
            var similarity = new List<double>();
            var outputs = new List<float>();
            Reference? reference = null;
            for (int frame = 0; frame < _frames; frame++)
            {
                int number = Math.Min(frame / chunk, Math.Max(0, _frames / chunk - 1));
                float[] h = x.AsSpan(frame * _tokens * _width, _tokens * _width).ToArray();
                Reference? known = method.IsFull(number) ? null : reference;
                (float[] output, Reference own, int[] chosen) = Run(method, layer, h, known);
                outputs.AddRange(output);
                recomputed.AddRange(Enumerable.Range(0, _tokens).Select(place => known is null || chosen.Contains(place) ? 1 : 0));
                similarity.AddRange(known is null
                    ? Enumerable.Repeat(2.0, _tokens)
                    : Stc.KeySimilarity(Matrix(own.Keys), Matrix(known.Keys)));
                if (known is null)
                    reference = own;
            }
            x = [.. outputs];
            comparison.Equal($"layer{layer}_recomputed", recording.Integers($"layer{layer}_recomputed"), recomputed);
            comparison.Close($"layer{layer}_key_similarity",
                recording.Doubles($"layer{layer}_key_similarity"), similarity.ToArray(), tolerance);
            comparison.RelativelyClose($"layer{layer}_out", recording.Floats($"layer{layer}_out"), x, tolerance);
        }
    }

    private (float[] Output, Reference Own, int[] Chosen) Run(Stc method, int layer, float[] h, Reference? reference)
    {
        float[] normed = Norm(h, layer, "layer_norm1"), keys = Linear(normed, layer, "self_attn.k_proj");
        int[] chosen = reference is null ? [.. Enumerable.Range(0, _tokens)] : method.Recompute(Matrix(keys), Matrix(reference.Keys));
        float[] rows = Gather(normed, chosen);
        float[] values = Patch(reference?.Values, Linear(rows, layer, "self_attn.v_proj"), chosen);
        float[] probabilities = RecordedMath.Attention(Linear(rows, layer, "self_attn.q_proj"), keys, _width, _heads);
        float[] gathered = RecordedMath.Gather(probabilities, values, _width, _heads);
        float[] attended = Patch(reference?.Attended, Linear(gathered, layer, "self_attn.out_proj"), chosen);
        h = RecordedMath.Add(h, attended);
        float[] inner = RecordedMath.Map(Linear(Gather(Norm(h, layer, "layer_norm2"), chosen), layer, "mlp.fc1"), RecordedMath.GeluTanh);
        float[] mlp = Patch(reference?.Mlp, Linear(inner, layer, "mlp.fc2"), chosen);
        return (RecordedMath.Add(h, mlp), new Reference(keys, values, attended, mlp), chosen);
    }

    private float[] Patch(float[]? reference, float[] fresh, int[] chosen)
    {
        float[] patched = reference is null ? new float[_tokens * _width] : [.. reference];
        for (int i = 0; i < chosen.Length; i++)
            fresh.AsSpan(i * _width, _width).CopyTo(patched.AsSpan(chosen[i] * _width));
        return patched;
    }

    private float[] Gather(float[] x, int[] chosen) => Matrix(x).Gather(chosen).Values.ToArray();

    private TokenMatrix Matrix(float[] values) => new(values, _width);

    private float[] Norm(float[] x, int layer, string name) =>
        RecordedMath.LayerNorm(x, recording.Floats($"layer{layer}.{name}.weight"), recording.Floats($"layer{layer}.{name}.bias"), Epsilon);

    private float[] Linear(float[] x, int layer, string name) => RecordedMath.Linear(
        x, recording.Floats($"layer{layer}.{name}.weight"), recording.Floats($"layer{layer}.{name}.bias"),
        recording.Shape($"layer{layer}.{name}.weight")[1]);

    private sealed record Reference(float[] Keys, float[] Values, float[] Attended, float[] Mlp);
}
