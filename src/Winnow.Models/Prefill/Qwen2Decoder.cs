using System.Numerics.Tensors;
using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;

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
        (RowPiece[] pieces, int shift) = (Cut(positions), 0);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            if (cache[layer].PositionShift != shift)
            {
                positions = Shifted(positions, cache[layer].PositionShift - shift);
                (pieces, shift) = (Cut(positions), cache[layer].PositionShift);
            }
            if (layer == _layers.Length - 1 && record is null)
                RunLastLayer(rows, positions, cache[^1], null, arena);
            else
                RunLayer(layer, rows, pieces, cache[layer], record, arena);
        }
    }

    /// <summary>Passes rows through all layers for their keys and values alone; no row of the last layer is computed.</summary>
    /// <param name="rows"><c>[N, Width]</c>; the memory is used up.</param>
    /// <param name="positions"><c>[N]</c>: the rotary position of each row.</param>
    /// <param name="cache">Empty caches, by layer; receive the rows' keys and values.</param>
    /// <param name="arena">Scratch memory.</param>
    internal void RunForCache(Span<float> rows, ReadOnlySpan<int> positions, LayerCache[] cache, ActivationArena arena)
    {
        RowPiece[] pieces = Cut(positions);
        for (int layer = 0; layer < _layers.Length - 1; layer++)
            RunLayer(layer, rows, pieces, cache[layer], null, arena);
        foreach (RowPiece piece in pieces)
            _layers[^1].RunForCache(piece.Of(rows, Config.Width), piece, cache[^1], arena);
    }

    /// <summary>Passes a prompt through all layers, with a method that may shorten it on the way.</summary>
    /// <param name="rows"><c>[N, Width]</c>; the memory is used up.</param>
    /// <param name="reduction">The method and the sequence as it stands.</param>
    /// <param name="cache">Empty caches, by layer.</param>
    /// <param name="arena">Scratch memory.</param>
    /// <returns>The rows that are left; the last of them is that of the last layer.</returns>
    internal Span<float> Run(Span<float> rows, PrefillReduction reduction, LayerCache[] cache, ActivationArena arena)
    {
        LayerWatch? watch = null;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            rows = reduction.Stop(new PrefillPoint(layer), rows, watch, cache, _layers[layer], arena);
            if (reduction.StartedAnew())
            {
                layer = 0;
                rows = reduction.Stop(new PrefillPoint(0), rows, null, cache, _layers[0], arena);
            }
            watch = reduction.Watch(layer);
            cache[layer].PositionShift = reduction.PositionShift;
            cache[layer].Reserve(reduction.Positions.Length);
            bool stopsInside = reduction.StopsAt(new PrefillPoint(layer, PrefillMoment.AfterAttention));
            if (layer == _layers.Length - 1 && watch?.NeedsAllRows != true
                && !stopsInside && !reduction.StopsAt(new PrefillPoint(_layers.Length)))
            {
                RunLastLayer(rows, reduction.Positions, cache[layer], watch, arena);
                return rows;
            }
            foreach (RowPiece piece in reduction.Pieces)
                _layers[layer].RunAttention(piece.Of(rows, Config.Width), piece, cache[layer], null, watch, arena);
            rows = reduction.Stop(new PrefillPoint(layer, PrefillMoment.AfterAttention), rows, watch, cache, null, arena);
            foreach (RowPiece piece in reduction.Pieces)
                _layers[layer].RunMlp(piece.Of(rows, Config.Width), piece, watch, arena);
        }
        return reduction.Stop(new PrefillPoint(_layers.Length), rows, watch, cache, null, arena);
    }

    /// <summary>Passes the row of a decoding step through all layers, in place, with a method that may hide cached rows from it.</summary>
    /// <param name="row"><c>[Width]</c>.</param>
    /// <param name="position">Its position in the sequence.</param>
    /// <param name="cache">Keys and values of the rows before, by layer; receives those of this one.</param>
    /// <param name="reduction">The method.</param>
    /// <param name="arena">Scratch memory.</param>
    internal void Step(Span<float> row, int position, LayerCache[] cache, CacheReduction reduction, ActivationArena arena)
    {
        LayerWatch? watch = null;
        RowPiece? piece = null;
        int shift = 0;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            if (piece is null || shift != cache[layer].PositionShift)
            {
                shift = cache[layer].PositionShift;
                piece = Cut([position + shift])[0];
            }
            reduction.Choose(layer, watch, cache);
            watch = reduction.WatchStep(layer);
            _layers[layer].RunAttention(row, piece, cache[layer], null, watch, arena, reduction.HiddenIn(layer));
            _layers[layer].RunMlp(row, piece, null, arena);
        }
    }

    /// <summary>Starts a prefill that a method shortens, or whose cache one thins afterwards.</summary>
    internal PrefillReduction Reduce(IPrefillReducer? reducer, ICacheReducer? cacheReducer, PromptRows prompt)
    {
        var context = new PrefillContext
        {
            Layers = Config.Layers,
            Heads = Config.Heads,
            KeyValueHeads = Config.KeyValueHeads,
            HeadWidth = Config.HeadWidth,
            RopeBase = Config.RopeBase,
            VisualStart = prompt.VisualStart,
            VisualCount = prompt.VisualCount,
            Grid = prompt.Grid,
            Places = prompt.Places,
            Plan = prompt.Plan,
            PlanTokens = prompt.PlanTokens,
            Embeddings = prompt.Rows,
            FinalNorm = _norm.Weight,
            NormEpsilon = Config.NormEpsilon,
        };
        var cacheReduction = cacheReducer is null ? null : new CacheReduction(cacheReducer.BeginCache(context), context, Config, _compute);
        return new PrefillReduction(reducer?.Begin(context), cacheReduction, context, prompt, Config, _compute);
    }

    private static int[] Shifted(ReadOnlySpan<int> positions, int by)
    {
        int[] shifted = positions.ToArray();
        TensorPrimitives.Add(shifted, by, shifted);
        return shifted;
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
    private void RunLastLayer(Span<float> rows, ReadOnlySpan<int> positions, LayerCache cache, LayerWatch? watch, ActivationArena arena)
    {
        foreach (RowPiece piece in Cut(positions[..^1]))
            _layers[^1].RunForCache(piece.Of(rows, Config.Width), piece, cache, arena);
        RowPiece last = Cut(positions[^1..])[0] with { First = positions.Length - 1 };
        _layers[^1].RunAttention(rows[^Config.Width..], last, cache, null, watch, arena);
        _layers[^1].RunMlp(rows[^Config.Width..], last, null, arena);
    }

    private RowPiece[] Cut(ReadOnlySpan<int> positions) => RowPiece.Cut(positions, Config.HeadWidth, Config.RopeBase);
}
