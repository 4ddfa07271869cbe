using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>A recorded attention alone, with fused projections and no norm before it.</summary>
/// <param name="recording">Holds <c>attn.qkv.weight</c> (rows of queries, keys, values) and <c>attn.proj</c>.</param>
/// <param name="heads">Attention heads.</param>
/// <param name="bias"><c>[3 * width]</c>: of the fused projections.</param>
internal sealed class FusedAttention(Recording recording, int heads, float[] bias)
{
    private readonly int _width = recording.Shape("attn.qkv.weight")[1];
    private float[] _queries = [];

    /// <summary>Keys, heads side by side.</summary>
    public TokenMatrix Keys { get; private set; }

    /// <summary>Values, heads side by side.</summary>
    public TokenMatrix Values { get; private set; }

    /// <summary>The attention's output after its projection.</summary>
    /// <param name="x"><c>[rows, width]</c>: one sequence.</param>
    /// <param name="keyBias">Added to each key's logits; empty for nothing.</param>
    public float[] Attend(ReadOnlySpan<float> x, double[] keyBias)
    {
        float[] projected = RecordedMath.Linear(x, recording.Floats("attn.qkv.weight"), bias, _width);
        _queries = RecordedMath.Columns(projected, 3 * _width, 0, _width);
        Keys = new TokenMatrix(RecordedMath.Columns(projected, 3 * _width, _width, _width), _width);
        Values = new TokenMatrix(RecordedMath.Columns(projected, 3 * _width, 2 * _width, _width), _width);
        float[] gathered = RecordedMath.Gather(Probabilities(keyBias), Values.Values.Span, _width, heads);
        return RecordedMath.Linear(gathered, recording.Floats("attn.proj.weight"), recording.Floats("attn.proj.bias"), _width);
    }

    /// <summary><c>[heads, rows, rows]</c>: probabilities of the last sequence.</summary>
    /// <param name="keyBias">Added to each key's logits; empty for nothing.</param>
    public float[] Probabilities(double[] keyBias) => RecordedMath.Attention(_queries, Keys.Values.Span, _width, heads, keyBias);
}
