using System.Numerics.Tensors;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Encode.Passes;

/// <summary>
/// Only the patches that a method chose pass the blocks. They see the keys and values of their whole frame: at places that repeat the
/// frame before, those that were computed there last. Where every patch is chosen, each operation is that of <see cref="DensePass"/>.
/// </summary>
/// <remarks>
/// <para>
/// Chosen patches are few in most frames, and a product of few rows costs as much as its weights take to be read and packed. So frames
/// wait until their rows fill a frame and pass the blocks together; in each block their attention follows frame by frame, since each
/// frame sees what the one before has left.
/// </para>
/// <para>Keys and values of one frame and of all blocks are kept, and the rows of one frame, whatever the length of the video.</para>
/// </remarks>
internal sealed class RepeatPass : ITowerPass
{
    // Bounds what waits where hardly a patch is chosen: a still video.
    private const int MostFrames = 64;

    private readonly SiglipEncoder _tower;
    private readonly TowerRecord _record;
    private readonly TowerFeatures _features;
    private readonly IPatchRun _run;
    private readonly ActivationArena _arena;
    private readonly PatchChoice _choice;
    private readonly GroupRows _rows;
    private readonly List<(int[] Encoded, int[] Visible)> _places = [];
    private readonly AlignedBuffer _seen;

    public RepeatPass(SiglipEncoder tower, TowerRecord record, TowerFeatures features, IPatchRun run, ActivationArena arena)
    {
        (_tower, _record, _features, _run, _arena) = (tower, record, features, run, arena);
        (_choice, _rows) = (new PatchChoice(tower), new GroupRows(tower.Config.Width, tower.Config.Tokens));
        _seen = new AlignedBuffer(2L * record.BlocksNeeded * tower.Config.Tokens * tower.Config.Width * sizeof(float));
    }

    public TowerWork Work { get; private set; } = new();

    public void Add(ReadOnlySpan<float> pixels, ITowerSink sink)
    {
        _choice.Next(pixels, _run);
        int fresh = _choice.Encoded.Length, tokens = _tower.Config.Tokens;
        if (_rows.Count + fresh > tokens || _rows.Frames == MostFrames)
            Encode(sink);
        Span<float> states = _rows.AddFrame(_choice);
        if (fresh > 0)
            _tower.Embedding.Apply(_choice.Patches, _choice.Encoded, states, _arena);
        _places.Add((_choice.Encoded, _choice.Visible));
        long blocks = _record.BlocksNeeded;
        Work = Work.Plus(new TowerWork
        {
            Patches = tokens,
            Encoded = fresh,
            Remaining = fresh,
            Rows = fresh * blocks,
            DenseRows = tokens * blocks,
        });
        if (_rows.Count == tokens)
            Encode(sink);
    }

    public void Complete(ITowerSink sink) => Encode(sink);

    public void Dispose() => _seen.Dispose();

    private void Encode(ITowerSink sink)
    {
        if (_rows.Frames == 0)
            return;
        var notes = new GroupNotes(_record, _features, new TokenGrid(_rows.Frames, _tower.Config.GridSide, _tower.Config.GridSide));
        notes.AddState(0, _rows);
        for (int layer = 0; layer < _record.BlocksNeeded; layer++)
        {
            if (_rows.Count > 0)
                RunBlock(layer, notes);
            notes.AddState(layer + 1, _rows);
        }
        notes.Deliver(sink);
        _rows.Clear();
        _places.Clear();
    }

    private void RunBlock(int layer, GroupNotes notes)
    {
        using ActivationArena.Scope scope = _arena.Enter();
        SiglipBlock block = _tower.Blocks[layer];
        Span<float> x = _rows.States, normed = _arena.Rent(x.Length);
        Span<float> q = _arena.Rent(x.Length), k = _arena.Rent(x.Length), v = _arena.Rent(x.Length), attended = normed;
        block.Normalize(x, normed);
        block.Queries(normed, q);
        block.Keys(normed, k);
        block.Values(normed, v);
        if (_record.FindKeys(layer) is { } keysNote)
            notes.Add(keysNote, k, _rows.RowOf);
        ReceivedAttention? received = _record.FindReceivedAttention(layer) is { } note ? new ReceivedAttention(note) : null;
        int width = _tower.Config.Width, first = 0;
        Span<float> keys = Seen(2 * layer), values = Seen((2 * layer) + 1);
        foreach ((int[] encoded, int[] visible) in _places)
        {
            using ActivationArena.Scope frame = _arena.Enter();
            Range rows = (first * width)..((first += encoded.Length) * width);
            TowerRows.Scatter(k[rows], encoded, width, keys);
            TowerRows.Scatter(v[rows], encoded, width, values);
            Span<float> weights = received is null ? default : _arena.Rent(visible.Length);
            if (encoded.Length > 0)
                block.Look(
                    block.Input(q[rows], Visible(keys, visible), Visible(values, visible)), attended[rows], weights, _arena);
            received?.AddFrame(weights, encoded, visible);
        }
        received?.Note(notes);
        block.AddProjected(attended, x);
        block.AddMlp(x, _arena);
    }

    /// <summary>What the places of the last frame hold: the blocks' keys and values in turn.</summary>
    private Span<float> Seen(int index)
    {
        int length = _tower.Config.Tokens * _tower.Config.Width;
        return _seen.AsSpan<float>(index * (long)length, length);
    }

    /// <summary>The rows of places that hold something: all of them unless the method drops patches.</summary>
    private Span<float> Visible(Span<float> places, int[] visible)
    {
        if (visible.Length == _tower.Config.Tokens)
            return places;
        int width = _tower.Config.Width;
        Span<float> rows = _arena.Rent(visible.Length * width);
        TowerRows.Gather(places, visible, width, rows);
        return rows;
    }

    /// <summary>
    /// The attention that the places of each frame receive, mean over all queries of the frame: the new ones as computed, the others as in
    /// the frame before.
    /// </summary>
    /// <param name="note">Holds what the last frame of the group before has left.</param>
    private sealed class ReceivedAttention(float[] note)
    {
        private readonly List<float> _frames = [];
        private float[] _mean = [.. note];

        public void AddFrame(ReadOnlySpan<float> weights, int[] encoded, int[] visible)
        {
            if (encoded.Length > 0)
            {
                float share = (float)encoded.Length / visible.Length;
                TensorPrimitives.Multiply(_mean, 1 - share, _mean);
                for (int i = 0; i < weights.Length; i++)
                    _mean[visible[i]] += share * weights[i];
            }
            _frames.AddRange(_mean);
        }

        public void Note(GroupNotes notes) => notes.Add(note, _frames.ToArray(), [.. Enumerable.Range(0, _frames.Count)]);
    }
}
