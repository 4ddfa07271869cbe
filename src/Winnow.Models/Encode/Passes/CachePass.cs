using System.Numerics.Tensors;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Encode.Passes;

/// <summary>
/// Frames in chunks: some are computed in full, in the others each block computes keys for all places and the rest for the chosen ones
/// alone, and takes what is missing from
/// the reference frame.
/// </summary>
/// <remarks>
/// Four values of one frame and of all blocks are kept (keys, values, attention output, MLP output), whatever the length of the video.
/// </remarks>
internal sealed class CachePass : ITowerPass
{
    private readonly SiglipEncoder _tower;
    private readonly TowerRecord _record;
    private readonly TowerFeatures _features;
    private readonly IEncoderCacher _cacher;
    private readonly ActivationArena _arena;
    private readonly Reference[] _references;
    private readonly List<float[]> _waiting = [];
    private readonly int[] _places;
    private readonly float[] _keys;
    private int _chunks;

    public CachePass(SiglipEncoder tower, TowerRecord record, TowerFeatures features, IEncoderCacher cacher, ActivationArena arena)
    {
        (_tower, _record, _features, _cacher, _arena) = (tower, record, features, cacher, arena);
        _places = [.. Enumerable.Range(0, tower.Config.Tokens)];
        _keys = new float[tower.Config.Tokens * tower.Config.Width];
        _references = [.. Enumerable.Range(0, record.BlocksNeeded).Select(_ => new Reference(_keys.Length))];
    }

    public TowerWork Work { get; private set; } = new();

    public void Add(ReadOnlySpan<float> pixels, ITowerSink sink)
    {
        _tower.Require(pixels);
        if (_cacher.ChunkFrames == 1)
        {
            Encode(pixels, _cacher.IsFull(_chunks++), isReference: true, sink);
            return;
        }
        _waiting.Add(pixels.ToArray());
        if (_waiting.Count == _cacher.ChunkFrames)
            EncodeWaiting(_chunks++, sink);
    }

    public void Complete(ITowerSink sink)
    {
        if (_waiting.Count > 0)
            EncodeWaiting(Math.Max(0, _chunks - 1), sink);
    }

    public void Dispose() => Array.ForEach(_references, reference => reference.Dispose());

    private void EncodeWaiting(int chunk, ITowerSink sink)
    {
        for (int i = 0; i < _waiting.Count; i++)
            Encode(_waiting[i], _cacher.IsFull(chunk), isReference: i == _waiting.Count - 1, sink);
        _waiting.Clear();
    }

    private void Encode(ReadOnlySpan<float> pixels, bool full, bool isReference, ITowerSink sink)
    {
        using (_arena.Enter())
        {
            Span<float> x = _arena.Rent(_keys.Length);
            _tower.Embedding.Apply(pixels, x, _arena);
            Note(x, 0);
            for (int layer = 0; layer < _references.Length; layer++)
            {
                if (full)
                    RunWhole(layer, x, isReference ? _references[layer] : null);
                else
                    RunPart(layer, x, _references[layer]);
                Note(x, layer + 1);
            }
        }
        _features.Update();
        sink.Rows(_features.Values);
        sink.Frame(_places);
        long tokens = _places.Length;
        Work = Work.Plus(new TowerWork { Patches = tokens, Encoded = tokens, Remaining = tokens, DenseRows = tokens * _references.Length });
    }

    private void RunWhole(int layer, Span<float> x, Reference? reference)
    {
        Work = Work.Plus(new TowerWork { Rows = _places.Length });
        if (reference is null)
        {
            _tower.Blocks[layer].Run(x, _record.FindKeys(layer), _record.FindReceivedAttention(layer), _arena);
            return;
        }
        using ActivationArena.Scope scope = _arena.Enter();
        SiglipBlock block = _tower.Blocks[layer];
        Span<float> normed = _arena.Rent(x.Length), q = _arena.Rent(x.Length);
        block.Normalize(x, normed);
        block.Queries(normed, q);
        block.Keys(normed, reference.Keys);
        block.Values(normed, reference.Values);
        block.AttendAlone(
            block.Input(q, reference.Keys, reference.Values), reference.Attended, _record.FindReceivedAttention(layer), _arena);
        TensorPrimitives.Add(x, reference.Attended, x);
        reference.Mlp.Clear();
        block.AddMlpOf(x, reference.Mlp, _arena);
        TensorPrimitives.Add(x, reference.Mlp, x);
        Copy(reference.Keys, _record.FindKeys(layer));
    }

    private void RunPart(int layer, Span<float> x, Reference reference)
    {
        using ActivationArena.Scope scope = _arena.Enter();
        SiglipBlock block = _tower.Blocks[layer];
        int width = _tower.Config.Width;
        Span<float> normed = _arena.Rent(x.Length), values = _arena.Rent(x.Length);
        block.Normalize(x, normed);
        block.Keys(normed, _keys);
        int[] chosen = _cacher.Recompute(new TokenMatrix(_keys, width), new TokenMatrix(reference.Keys, width));
        Work = Work.Plus(new TowerWork { Rows = chosen.Length });

        Span<float> rows = _arena.Rent(chosen.Length * width), q = _arena.Rent(rows.Length), output = _arena.Rent(rows.Length);
        TowerRows.Gather(normed, chosen, width, rows);
        block.Values(rows, output);
        reference.Values.CopyTo(values);
        TowerRows.Scatter(output, chosen, width, values);
        block.Queries(rows, q);
        Span<float> received = _record.FindReceivedAttention(layer) is null ? default : _arena.Rent(_places.Length);
        block.AttendAlone(block.Input(q, _keys, values), output, received, _arena);
        AddPatched(reference.Attended, output, chosen, x);

        TowerRows.Gather(x, chosen, width, rows);
        output.Clear();
        block.AddMlpOf(rows, output, _arena);
        AddPatched(reference.Mlp, output, chosen, x);
        Copy(_keys, _record.FindKeys(layer));
        NoteReceived(received, _record.FindReceivedAttention(layer), (float)chosen.Length / _places.Length);
    }

    /// <summary>Adds the reference's rows, and at the chosen places the new ones in their stead.</summary>
    private void AddPatched(ReadOnlySpan<float> reference, ReadOnlySpan<float> fresh, int[] chosen, Span<float> x)
    {
        int width = _tower.Config.Width, next = 0;
        for (int place = 0; place < _places.Length; place++)
        {
            bool isFresh = next < chosen.Length && chosen[next] == place;
            ReadOnlySpan<float> row = isFresh ? fresh.Slice(next++ * width, width) : reference.Slice(place * width, width);
            Span<float> target = x.Slice(place * width, width);
            TensorPrimitives.Add(target, row, target);
        }
    }

    private void Note(ReadOnlySpan<float> x, int state)
    {
        if (_record.FindState(state) is { } note)
            x.CopyTo(note);
    }

    private static void Copy(float[] keys, float[]? note)
    {
        if (note is not null)
            keys.CopyTo(note, 0);
    }

    private static void NoteReceived(ReadOnlySpan<float> received, float[]? note, float share)
    {
        if (note is null)
            return;
        TensorPrimitives.Multiply(note, 1 - share, note);
        TensorPrimitives.MultiplyAdd(received, share, note, note);
    }

    /// <summary>What a block computed for the reference frame.</summary>
    private sealed class Reference(int length) : IDisposable
    {
        private readonly AlignedBuffer _rest = new(3L * length * sizeof(float));

        public float[] Keys { get; } = new float[length];

        public Span<float> Values => _rest.AsSpan<float>()[..length];

        public Span<float> Attended => _rest.AsSpan<float>().Slice(length, length);

        public Span<float> Mlp => _rest.AsSpan<float>()[(2 * length)..];

        public void Dispose() => _rest.Dispose();
    }
}
