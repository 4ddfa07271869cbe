using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>A recorded block as the timm library writes it: fused projections, GELU by the error function.</summary>
/// <param name="recording">Holds the weights.</param>
/// <param name="prefix">What their names begin with, such as <c>block0.</c>.</param>
/// <param name="heads">Attention heads.</param>
/// <param name="epsilon">Of the layer norms.</param>
/// <param name="norm">Name of the norm before the attention.</param>
/// <param name="attention">Name of the attention.</param>
internal sealed class TimmBlock(
    Recording recording, string prefix, int heads, double epsilon, string norm = "norm1", string attention = "attn")
{
    /// <summary>Queries of the last attention.</summary>
    public float[] Queries { get; private set; } = [];

    /// <summary>Keys of the last attention, heads side by side.</summary>
    public float[] Keys { get; private set; } = [];

    /// <summary>Values of the last attention.</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>Probabilities of the last attention, <c>[heads, rows, rows]</c>.</summary>
    public float[] Probabilities { get; private set; } = [];

    /// <summary>The attention's output after its projection, the residual not added.</summary>
    /// <param name="x"><c>[rows, width]</c>: one sequence.</param>
    /// <param name="keyBias">Added to each key's logits; empty for nothing.</param>
    /// <param name="alter">Changes the probabilities before they gather values; null for nothing.</param>
    public float[] Attend(float[] x, double[] keyBias, Action<float[]>? alter = null)
    {
        float[] normed = Norm(x, norm);
        int width = recording.Shape($"{prefix}{norm}.weight")[0];
        float[] projected = Linear(normed, $"{attention}.qkv", width);
        (Queries, Keys, Values) = (
            RecordedMath.Columns(projected, 3 * width, 0, width),
            RecordedMath.Columns(projected, 3 * width, width, width),
            RecordedMath.Columns(projected, 3 * width, 2 * width, width));
        Probabilities = RecordedMath.Attention(Queries, Keys, width, heads, keyBias);
        alter?.Invoke(Probabilities);
        return Linear(RecordedMath.Gather(Probabilities, Values, width, heads), $"{attention}.proj", width);
    }

    /// <summary>The MLP's output, the residual not added.</summary>
    public float[] Mlp(float[] x)
    {
        int width = recording.Shape($"{prefix}norm2.weight")[0];
        float[] inner = RecordedMath.Map(Linear(Norm(x, "norm2"), "mlp.fc1", width), RecordedMath.Gelu);
        return Linear(inner, "mlp.fc2", recording.Shape($"{prefix}mlp.fc1.weight")[0]);
    }

    /// <summary>Attention of the last sequence.</summary>
    public AttentionView View(int rows) => AttentionView.Of(Probabilities, heads, rows);

    private float[] Norm(float[] x, string name) =>
        RecordedMath.LayerNorm(x, recording.Floats($"{prefix}{name}.weight"), recording.Floats($"{prefix}{name}.bias"), epsilon);

    private float[] Linear(float[] x, string name, int inputs) =>
        RecordedMath.Linear(x, recording.Floats($"{prefix}{name}.weight"), recording.Floats($"{prefix}{name}.bias"), inputs);
}
