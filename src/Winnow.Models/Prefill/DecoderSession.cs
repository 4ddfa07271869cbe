using Winnow.Models.Configuration;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>
/// One sequence: its cached keys and values, and the position where it goes on. For one thread at a time; many sessions share a decoder.
/// </summary>
public sealed class DecoderSession : IDisposable
{
    private readonly Qwen2Decoder _decoder;
    private readonly LayerCache[] _cache;
    private readonly ActivationArena _arena = new();
    private readonly float[] _logits;
    private CacheReduction? _cacheReduction;

    /// <summary>Starts an empty sequence.</summary>
    /// <param name="decoder">The language model.</param>
    /// <param name="halfCache">Whether keys and values are kept in 16 bits: half the memory, and a rounding to 11 bits.</param>
    public DecoderSession(Qwen2Decoder decoder, bool halfCache = false)
    {
        _decoder = decoder;
        Qwen2Config config = decoder.Config;
        _cache = [.. Enumerable.Range(0, config.Layers).Select(_ => new LayerCache(config.KeyValueHeads, config.HeadWidth, halfCache))];
        _logits = new float[config.VocabularyRows];
    }

    /// <summary>Rows read so far.</summary>
    public int Length { get; private set; }

    /// <summary>Rotary position of the next row. Differs from <see cref="Length"/> where dropped tokens left gaps.</summary>
    public int NextPosition { get; private set; }

    /// <summary>Bytes of cached keys and values; room for coming rows is not counted.</summary>
    public long CacheBytes => _cache.Sum(layer => layer.Bytes);

    /// <summary>The most scratch memory used so far, in bytes.</summary>
    public long PeakScratchBytes => _arena.PeakBytes;

    /// <summary>Makes room in the cache, so that it need not grow on the way.</summary>
    /// <param name="rows">Rows in all, prompt and answer.</param>
    public void Reserve(int rows)
    {
        foreach (LayerCache layer in _cache)
            layer.Reserve(rows);
    }

    /// <summary>Where visual rows left the sequence while the prompt was read, in order; empty where no method acted there.</summary>
    public IReadOnlyList<PrefillCut> Cuts { get; private set; } = [];

    /// <summary>Rows that each layer's cache holds, by layer.</summary>
    public IReadOnlyList<int> CachedRows => [.. _cache.Select(layer => layer.Count)];

    /// <summary>Reads rows: a prompt, or a later turn.</summary>
    /// <param name="prompt">Rows and positions.</param>
    /// <param name="record">What to note on the way; null for nothing.</param>
    /// <returns><c>[V]</c>: logits of the last row; overwritten by the next call.</returns>
    /// <exception cref="WinnowException">There are no rows, or more than the model takes.</exception>
    public ReadOnlyMemory<float> Prefill(PromptRows prompt, PrefillRecord? record = null)
    {
        RefuseUnfit(prompt);
        Reserve(Length + prompt.Rows.Count);
        using ActivationArena.Scope scope = _arena.Enter();
        Span<float> rows = Copy(prompt);
        _decoder.Run(rows, [.. prompt.Positions], _cache, record, _arena);
        return Finish(rows, prompt, record);
    }

    /// <summary>Reads the beginning of a prompt whose end is not known yet; nothing is predicted.</summary>
    /// <param name="start">Rows and positions.</param>
    /// <exception cref="InvalidOperationException">Something was read already.</exception>
    /// <exception cref="WinnowException">There are no rows, or more than the model takes.</exception>
    public void ReadStart(PromptRows start)
    {
        if (Length > 0)
            throw new InvalidOperationException(
                "The beginning of a prompt is the first thing that a session reads; this session has read something already.");
        RefuseUnfit(start);
        Reserve(start.Rows.Count);
        using ActivationArena.Scope scope = _arena.Enter();
        _decoder.RunForCache(Copy(start), [.. start.Positions], _cache, _arena);
        Length = start.Rows.Count;
        NextPosition = start.NextPosition;
    }

    /// <summary>Reads a prompt, with a method that may shorten it on its way through the layers, and one that acts on the cache.</summary>
    /// <param name="prompt">Rows and positions, with one video.</param>
    /// <param name="reducer">The method inside the layers; null for none.</param>
    /// <param name="cacheReducer">The method on the cache, now and while decoding; null for none.</param>
    /// <returns>As <see cref="Prefill(PromptRows, PrefillRecord)"/>.</returns>
    /// <exception cref="InvalidOperationException">
    /// Something was read already: a method acts on the first prompt. Or text stands between the rows of the video.
    /// </exception>
    /// <exception cref="WinnowException">There are no rows, or more than the model takes.</exception>
    public ReadOnlyMemory<float> Prefill(PromptRows prompt, IPrefillReducer? reducer, ICacheReducer? cacheReducer)
    {
        if (Length > 0)
            throw new InvalidOperationException(
                "A method inside the language model acts on the first prompt of a session; this session has read one already.");
        if (prompt.IsCut)
            throw new InvalidOperationException(
                "A method inside the language model acts on one block of visual rows; text stands between those of this prompt.");
        RefuseUnfit(prompt);
        using ActivationArena.Scope scope = _arena.Enter();
        PrefillReduction reduction = _decoder.Reduce(reducer, cacheReducer, prompt);
        Span<float> rows = _decoder.Run(Copy(prompt), reduction, _cache, _arena);
        Cuts = reduction.Cuts;
        _cacheReduction = reduction.Cache;
        _cacheReduction?.AfterPrefill(_cache);
        return Finish(rows, prompt, null);
    }

    /// <summary>Reads one id, at the next position.</summary>
    /// <returns>As <see cref="Prefill(PromptRows, PrefillRecord)"/>.</returns>
    /// <exception cref="WinnowException">The sequence is as long as the model takes.</exception>
    public ReadOnlyMemory<float> Step(int id)
    {
        RefuseTooLong(1, NextPosition);
        using ActivationArena.Scope scope = _arena.Enter();
        Span<float> row = _arena.Rent(_decoder.Config.Width);
        _decoder.Embed([id], row);
        if (_cacheReduction is { HidesInSteps: true } reduction)
            _decoder.Step(row, NextPosition, _cache, reduction, _arena);
        else
            _decoder.Run(row, [NextPosition], _cache, null, _arena);
        Score(row, null);
        Length++;
        NextPosition++;
        return _logits;
    }

    /// <summary>Takes back the rows read last, so that another text can follow the ones before them.</summary>
    /// <param name="rows">Number of rows, all of them text: their positions must be consecutive.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many rows.</exception>
    public void DropLast(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Length);
        foreach (LayerCache layer in _cache)
            layer.DropLast(rows);
        Length -= rows;
        NextPosition -= rows;
    }

    /// <summary>Frees cache and scratch memory.</summary>
    public void Dispose()
    {
        foreach (LayerCache layer in _cache)
            layer.Dispose();
        _arena.Dispose();
    }

    private void RefuseUnfit(PromptRows prompt)
    {
        if (prompt.Rows.Count == 0)
            throw new WinnowException("The prompt is empty; there must be at least one token.");
        RefuseTooLong(prompt.Rows.Count, prompt.NextPosition - 1);
    }

    private Span<float> Copy(PromptRows prompt)
    {
        Span<float> rows = _arena.Rent(prompt.Rows.Values.Length);
        prompt.Rows.Values.Span.CopyTo(rows);
        return rows;
    }

    private ReadOnlyMemory<float> Finish(Span<float> rows, PromptRows prompt, PrefillRecord? record)
    {
        Score(rows, record);
        Length += prompt.Rows.Count;
        NextPosition = prompt.NextPosition;
        return _logits;
    }

    private void Score(Span<float> rows, PrefillRecord? record)
    {
        int width = _decoder.Config.Width;
        Span<float> last = rows[^width..];
        if (record is not null && (record.AllLogits || record.WantsState(_decoder.Config.Layers)))
            NoteAllRows(rows, rows.Length / width, record);
        else
            _decoder.Normalise(last, 1, last);
        _decoder.Score(last, 1, _logits);
    }

    private void NoteAllRows(Span<float> rows, int count, PrefillRecord record)
    {
        _decoder.Normalise(rows, count, rows);
        record.NoteState(_decoder.Config.Layers, rows);
        if (!record.AllLogits)
            return;
        record.Logits = new float[(long)count * _decoder.Config.VocabularyRows];
        _decoder.Score(rows, count, record.Logits);
    }

    private void RefuseTooLong(int rows, int lastPosition)
    {
        int limit = _decoder.Config.MaximumLength, length = Math.Max(Length + rows, lastPosition + 1);
        if (length > limit)
            throw new WinnowException(
                $"The sequence would have {length} positions; the model takes at most {limit}. Use fewer frames, a lower retention or a "
                + "shorter text.");
    }
}
