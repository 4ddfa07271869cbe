namespace Winnow.Verification.Methods;

/// <summary>A recorded block as CLIP writes it, with low-rank additions to the attention's projections where they are recorded.</summary>
/// <param name="recording">Holds the weights.</param>
/// <param name="prefix">What their names begin with, such as <c>block0.</c>.</param>
/// <param name="heads">Attention heads.</param>
/// <param name="epsilon">Of the layer norms.</param>
internal sealed class ClipBlock(Recording recording, string prefix, int heads, double epsilon)
{
    private readonly int _width = recording.Shape($"{prefix}ln_1.weight")[0];

    /// <summary>Keys of the last attention, heads side by side.</summary>
    public float[] Keys { get; private set; } = [];

    /// <summary>The attention's output after its projection, the residual not added.</summary>
    /// <param name="x"><c>[rows, width]</c>.</param>
    /// <param name="lengths">Rows of each sequence; none sees another.</param>
    /// <param name="keyBias"><c>[rows]</c>, added to each key's logits; empty for nothing.</param>
    public float[] Attend(float[] x, IReadOnlyList<int> lengths, double[] keyBias)
    {
        float[] normed = Norm(x, "ln_1");
        float[] projected = RecordedMath.Linear(normed, Floats("attn.in_proj_weight"), Floats("attn.in_proj_bias"), _width);
        if (recording.Has($"{prefix}attn.TVPt_LoRA_a"))
        {
            float[] narrow = RecordedMath.Linear(normed, Floats("attn.TVPt_LoRA_a"), [], _width);
            int rank = recording.Shape($"{prefix}attn.TVPt_LoRA_a")[0];
            projected = RecordedMath.Add(projected, RecordedMath.Linear(narrow, Floats("attn.TVPt_LoRA_b"), [], rank));
        }
        float[] Part(int part) => RecordedMath.Columns(projected, 3 * _width, part * _width, _width);
        (float[] queries, Keys, float[] values) = (Part(0), Part(1), Part(2));
        var gathered = new List<float>(x.Length);
        int start = 0;
        foreach (int length in lengths)
        {
            Range rows = (start * _width)..((start + length) * _width);
            double[] bias = keyBias.Length == 0 ? [] : keyBias[start..(start + length)];
            float[] attention = RecordedMath.Attention(queries[rows], Keys[rows], _width, heads, bias);
            gathered.AddRange(RecordedMath.Gather(attention, values[rows], _width, heads));
            start += length;
        }
        return RecordedMath.Linear(gathered.ToArray(), Floats("attn.out_proj.weight"), Floats("attn.out_proj.bias"), _width);
    }

    /// <summary>The MLP's output, the residual not added.</summary>
    public float[] Mlp(float[] x)
    {
        float[] inner = RecordedMath.Linear(Norm(x, "ln_2"), Floats("mlp.c_fc.weight"), Floats("mlp.c_fc.bias"), _width);
        int hidden = inner.Length / (x.Length / _width);
        float[] active = RecordedMath.Map(inner, RecordedMath.QuickGelu);
        return RecordedMath.Linear(active, Floats("mlp.c_proj.weight"), Floats("mlp.c_proj.bias"), hidden);
    }

    private float[] Norm(float[] x, string name) => RecordedMath.LayerNorm(x, Floats($"{name}.weight"), Floats($"{name}.bias"), epsilon);

    private float[] Floats(string name) => recording.Floats($"{prefix}{name}");
}
