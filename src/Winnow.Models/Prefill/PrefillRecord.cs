namespace Winnow.Models.Prefill;

/// <summary>
/// What to note while rows pass through the decoder, and the notes: hidden states, attention rows, the logits of every row.
/// </summary>
/// <remarks>
/// Attention is computed once more for just the rows asked for; a layer of which nothing is asked runs as always. For one prefill.
/// </remarks>
public sealed class PrefillRecord
{
    private readonly Dictionary<int, float[]> _states = [];
    private readonly Dictionary<int, AttentionRows> _attention = [];

    /// <summary>Whether the logits of every row are wanted, instead of the last row's alone.</summary>
    public bool AllLogits { get; init; }

    /// <summary>The logits of every row, <c>[N, V]</c>; empty unless asked for.</summary>
    public float[] Logits { get; internal set; } = [];

    /// <summary>
    /// Asks for the rows <c>[N, D]</c> after some layers: 0 = as they come in, L = after the last layer and the final norm.
    /// </summary>
    public void WantState(int layers) => _states[layers] = [];

    /// <summary>Asks for the attention of some rows in a layer.</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <param name="rows">Indices of rows of the prefill, rising.</param>
    public void WantAttention(int layer, params int[] rows) => _attention[layer] = new AttentionRows(rows);

    /// <summary>The rows after some layers, <c>[N, D]</c>.</summary>
    /// <exception cref="KeyNotFoundException">They were not asked for.</exception>
    public float[] State(int layers) => _states[layers];

    /// <summary>
    /// The attention of the rows asked for, <c>[H, rows, n]</c> over the n cached rows after the prefill; what a row does not see is 0.
    /// </summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public float[] Attention(int layer) => _attention[layer].Values;

    internal bool WantsState(int layers) => _states.ContainsKey(layers);

    internal void NoteState(int layers, ReadOnlySpan<float> rows)
    {
        if (_states.ContainsKey(layers))
            _states[layers] = rows.ToArray();
    }

    internal AttentionRows? FindAttention(int layer) => _attention.GetValueOrDefault(layer);
}
