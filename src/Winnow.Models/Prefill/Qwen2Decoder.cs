using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Prefill;

/// <summary>
/// The Qwen2 language model: embeddings, layers, head. Its weights are shared and never written; what a sequence remembers lies in a
/// <see cref="DecoderSession"/>.
/// </summary>
public sealed class Qwen2Decoder
{
    internal const string HeadName = "head.weight";
    private const string EmbeddingName = "text.embed_tokens.weight";
    private readonly Compute _compute;
    private readonly WeightMatrix _embeddings;
    private readonly DecoderLayer[] _layers;
    private readonly RmsNorm _norm;
    private readonly WeightMatrix _head;

    /// <summary>Takes the decoder's weights (names beginning with <c>text.</c> and <c>head.</c>).</summary>
    /// <remarks>
    /// The head is tied to the embeddings where the config says so, whatever the file holds, and where the file holds no head, whatever the
    /// config says: the published small model has a flag that is false for a head that is tied.
    /// </remarks>
    /// <exception cref="WinnowException">A weight is missing or has another shape.</exception>
    public Qwen2Decoder(Qwen2Config config, IWeightSource weights, Compute compute)
    {
        (Config, _compute) = (config, compute);
        _embeddings = weights.Table(EmbeddingName, config.VocabularyRows, config.Width);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(layer => new DecoderLayer(config, weights, layer, compute))];
        _norm = new RmsNorm(weights, "text.norm.weight", config.Width, config.NormEpsilon);
        bool tied = config.TiedHead || !weights.Has(HeadName);
        _head = weights.Matrix(tied ? EmbeddingName : HeadName, config.VocabularyRows, config.Width);
    }

    /// <summary>Sizes.</summary>
    public Qwen2Config Config { get; }

    /// <summary>Copies the embeddings of ids.</summary>
    /// <param name="ids">Ids below <see cref="Qwen2Config.VocabularyRows"/>.</param>
    /// <param name="rows"><c>[ids, Width]</c>.</param>
    /// <exception cref="WinnowException">An id has no row.</exception>
    public void Embed(ReadOnlySpan<int> ids, Span<float> rows)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)Config.VocabularyRows)
                throw new WinnowException(
                    $"The id {ids[i]} has no embedding; the model has {Config.VocabularyRows} rows. The tokenizer may belong to another "
                    + "model.");
            _embeddings.ReadRow(ids[i], rows.Slice(i * Config.Width, Config.Width));
        }
    }

    /// <summary>Passes rows through all layers, in place.</summary>
    /// <param name="rows">
    /// <c>[N, Width]</c>. Afterwards the last row is that of the last layer; the others too where a record asks for them.
    /// </param>
    /// <param name="positions">
    /// <c>[N]</c>: the rotary position of each row, in any order and with gaps; what a row sees follows from the order of the rows alone.
    /// </param>
    /// <param name="cache">Keys and values of the rows before, by layer; receives those of these.</param>
    /// <param name="record">What to note; null for nothing.</param>
    /// <param name="arena">Scratch memory.</param>
    internal void Run(Span<float> rows, ReadOnlySpan<int> positions, LayerCache[] cache, PrefillRecord? record, ActivationArena arena)
    {
        RowPiece[] pieces = Cut(positions);
        for (int layer = 0; layer < _layers.Length - 1; layer++)
            RunLayer(layer, rows, pieces, cache[layer], record, arena);
        if (record is null)
            RunLastLayer(rows, positions, cache[^1], arena);
        else
            RunLayer(_layers.Length - 1, rows, pieces, cache[^1], record, arena);
    }

    /// <summary>The final norm, which may be applied in place.</summary>
    internal void Normalise(ReadOnlySpan<float> rows, int count, Span<float> normed) => _norm.Apply(_compute, rows, count, normed);

    /// <summary>Logits of normalised rows.</summary>
    /// <param name="normed"><c>[count, Width]</c>, after the final norm.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="logits"><c>[count, VocabularyRows]</c>.</param>
    internal void Score(ReadOnlySpan<float> normed, int count, Span<float> logits) =>
        MatMul.Multiply(_compute, normed, count, _head, default, logits);

    private void RunLayer(int layer, Span<float> rows, RowPiece[] pieces, LayerCache cache, PrefillRecord? record, ActivationArena arena)
    {
        record?.NoteState(layer, rows);
        AttentionRows? wanted = record?.FindAttention(layer);
        wanted?.Begin(Config.Heads, cache.Count + rows.Length / Config.Width);
        foreach (RowPiece piece in pieces)
            _layers[layer].Run(piece.Of(rows, Config.Width), piece, cache, wanted, arena);
    }

    /// <summary>Of the last layer only the last row's result is read; of the others only keys and values are needed.</summary>
    private void RunLastLayer(Span<float> rows, ReadOnlySpan<int> positions, LayerCache cache, ActivationArena arena)
    {
        foreach (RowPiece piece in Cut(positions[..^1]))
            _layers[^1].RunForCache(piece.Of(rows, Config.Width), piece, cache, arena);
        _layers[^1].Run(rows[^Config.Width..], Cut(positions[^1..])[0], cache, null, arena);
    }

    private RowPiece[] Cut(ReadOnlySpan<int> positions) => RowPiece.Cut(positions, Config.HeadWidth, Config.RopeBase);
}
