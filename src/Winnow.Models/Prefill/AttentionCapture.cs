using Winnow.Models.Configuration;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>
/// Queries (and keys, where the cache does not hold them in the form asked for) of one layer, kept so that a method can read
/// their attention afterwards.
/// </summary>
internal sealed class AttentionCapture
{
    private readonly AttentionRequest _request;
    private readonly Qwen2Config _config;
    private readonly int _count;
    private readonly int _firstQuery;
    private readonly float[] _queries;
    private readonly float[]? _keys;

    /// <summary>Makes room.</summary>
    /// <param name="request">What the method asked for.</param>
    /// <param name="count">Rows of the sequence.</param>
    /// <param name="visualEnd">First row of the text after the video.</param>
    /// <param name="config">Sizes.</param>
    public AttentionCapture(AttentionRequest request, int count, int visualEnd, Qwen2Config config)
    {
        (_request, _config, _count) = (request, config, count);
        _firstQuery = request.Queries switch
        {
            AttentionQueries.Last => count - 1,
            AttentionQueries.TextAfterVideo => Math.Min(visualEnd, count - 1),
            _ => 0,
        };
        _queries = new float[(count - _firstQuery) * config.Heads * config.HeadWidth];
        if (request.OfNextLayer || !request.Rotated)
            _keys = new float[count * config.KeyValueHeads * config.HeadWidth];
    }

    /// <summary>Keeps the queries of a piece that look.</summary>
    public void NoteQueries(ReadOnlySpan<float> queries, int firstRow, bool rotated)
    {
        int width = _config.Heads * _config.HeadWidth, skipped = Math.Max(0, _firstQuery - firstRow) * width;
        if (rotated == _request.Rotated && skipped < queries.Length)
            queries[skipped..].CopyTo(_queries.AsSpan(Math.Max(0, firstRow - _firstQuery) * width));
    }

    /// <summary>Keeps the keys of a piece, where the cache will not have them.</summary>
    public void NoteKeys(ReadOnlySpan<float> keys, int firstRow, bool rotated)
    {
        if (_keys is not null && rotated == _request.Rotated)
            keys.CopyTo(_keys.AsSpan(firstRow * _config.KeyValueHeads * _config.HeadWidth));
    }

    /// <summary>The attention, computed when it is read.</summary>
    /// <param name="compute">Threads.</param>
    /// <param name="cache">The layer's cache, holding the rows of this sequence alone.</param>
    public AttentionView View(Compute compute, LayerCache cache) => new Computed(this, compute, cache);

    private AttentionInput Input(LayerCache cache) => new()
    {
        Queries = _queries,
        QueryCount = _count - _firstQuery,
        Heads = _config.Heads,
        KeyValues = _keys is null ? cache.View : KeyValues.Tokens(_keys, _keys, _count, _config.KeyValueHeads, _config.HeadWidth),
        Scale = (float)(1 / (Math.Sqrt(_config.HeadWidth) * _request.Temperature)),
        Causal = _request.Causal,
    };

    private sealed class Computed(AttentionCapture capture, Compute compute, LayerCache cache) : AttentionView
    {
        public override int Heads => capture._config.Heads;

        public override int Queries => capture._count - capture._firstQuery;

        // Rows may have left the cache since, where it is what is looked at.
        public override int Keys => capture._keys is null ? cache.Count : capture._count;

        public override void Read(int query, Span<float> destination) =>
            Attention.Rows(compute, capture.Input(cache), [query], destination);

        public override void Read(int first, int count, Span<float> destination)
        {
            int[] queries = new int[count];
            for (int i = 0; i < count; i++)
                queries[i] = first + i;
            Attention.Rows(compute, capture.Input(cache), queries, destination);
        }
    }
}
