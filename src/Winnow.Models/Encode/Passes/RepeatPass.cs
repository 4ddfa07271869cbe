using System.Numerics.Tensors;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Encode.Passes;

/// <summary>
/// Only the patches that a method chose pass the blocks. They see the keys and values of the whole frame: at places that repeat the frame
/// before, those that were computed
/// there last. Where every patch is chosen, each operation is that of <see cref="DensePass"/>.
/// </summary>
/// <remarks>Keys and values of one frame and of all blocks are kept, whatever the length of the video.</remarks>
internal sealed class RepeatPass : ITowerPass
{
    private readonly SiglipEncoder _tower;
    private readonly TowerRecord _record;
    private readonly TowerFeatures _features;
    private readonly IPatchRun _run;
    private readonly ActivationArena _arena;
    private readonly PatchChoice _choice;
    private readonly float[][] _keys;
    private readonly float[][] _values;

    public RepeatPass(SiglipEncoder tower, TowerRecord record, TowerFeatures features, IPatchRun run, ActivationArena arena)
    {
        (_tower, _record, _features, _run, _arena) = (tower, record, features, run, arena);
        _choice = new PatchChoice(tower);
        int length = tower.Config.Tokens * tower.Config.Width;
        _keys = [.. Enumerable.Range(0, record.BlocksNeeded).Select(_ => new float[length])];
        _values = [.. Enumerable.Range(0, record.BlocksNeeded).Select(_ => new float[length])];
    }

    public TowerWork Work { get; private set; } = new();

    public void Add(ReadOnlySpan<float> pixels, ITowerSink sink)
    {
        _choice.Next(pixels, _run);
        ReadOnlySpan<int> fresh = _choice.Encoded;
        if (fresh.Length > 0)
            Encode(fresh);
        _features.Update();
        int width = _features.Values.Length / _tower.Config.Tokens;
        if (_choice.IsWhole)
        {
            sink.Rows(_features.Values);
        }
        else
        {
            using ActivationArena.Scope scope = _arena.Enter();
            Span<float> rows = _arena.Rent(fresh.Length * width);
            TowerRows.Gather(_features.Values, fresh, width, rows);
            sink.Rows(rows);
        }
        sink.Frame(_choice.Rows);
        long blocks = _record.BlocksNeeded;
        Work = Work.Plus(new TowerWork
        {
            Patches = _tower.Config.Tokens,
            Encoded = fresh.Length,
            Remaining = fresh.Length,
            Rows = fresh.Length * blocks,
            DenseRows = _tower.Config.Tokens * blocks,
        });
    }

    public void Complete(ITowerSink sink)
    {
    }

    private void Encode(ReadOnlySpan<int> fresh)
    {
        using ActivationArena.Scope scope = _arena.Enter();
        int width = _tower.Config.Width;
        Span<float> x = _arena.Rent(fresh.Length * width);
        _tower.Embedding.Apply(_choice.Patches, fresh, x, _arena);
        Note(x, fresh, _record.FindState(0));
        for (int layer = 0; layer < _record.BlocksNeeded; layer++)
        {
            RunBlock(layer, x, fresh);
            Note(x, fresh, _record.FindState(layer + 1));
        }
    }

    private void RunBlock(int layer, Span<float> x, ReadOnlySpan<int> fresh)
    {
        using ActivationArena.Scope scope = _arena.Enter();
        SiglipBlock block = _tower.Blocks[layer];
        Span<float> normed = _arena.Rent(x.Length), q = _arena.Rent(x.Length);
        block.Normalize(x, normed);
        block.Queries(normed, q);
        if (_choice.IsWhole)
        {
            block.Keys(normed, _keys[layer]);
            block.Values(normed, _values[layer]);
        }
        else
        {
            Span<float> rows = _arena.Rent(x.Length);
            block.Keys(normed, rows);
            TowerRows.Scatter(rows, fresh, _tower.Config.Width, _keys[layer]);
            block.Values(normed, rows);
            TowerRows.Scatter(rows, fresh, _tower.Config.Width, _values[layer]);
        }
        if (_record.FindKeys(layer) is { } note)
            _keys[layer].CopyTo(note, 0);
        Span<float> keys = Visible(_keys[layer]), values = Visible(_values[layer]);
        Span<float> received = _record.FindReceivedAttention(layer) is null ? default : _arena.Rent(_choice.Visible.Length);
        block.Attend(block.Input(q, keys, values), x, received, _arena);
        NoteReceived(received, _record.FindReceivedAttention(layer), (float)fresh.Length / _choice.Visible.Length);
        block.AddMlp(x, _arena);
    }

    /// <summary>The rows of places that hold something: all of them unless the method drops patches.</summary>
    private Span<float> Visible(float[] places)
    {
        if (_choice.Visible.Length == _tower.Config.Tokens)
            return places;
        int width = _tower.Config.Width;
        Span<float> rows = _arena.Rent(_choice.Visible.Length * width);
        TowerRows.Gather(places, _choice.Visible, width, rows);
        return rows;
    }

    private void Note(ReadOnlySpan<float> x, ReadOnlySpan<int> fresh, float[]? state)
    {
        if (state is not null)
            TowerRows.Scatter(x, fresh, _tower.Config.Width, state);
    }

    /// <summary>Mean over all queries of the frame: the new ones as computed, the others as in the frame before.</summary>
    private void NoteReceived(ReadOnlySpan<float> received, float[]? note, float share)
    {
        if (note is null)
            return;
        TensorPrimitives.Multiply(note, 1 - share, note);
        for (int i = 0; i < received.Length; i++)
            note[_choice.Visible[i]] += share * received[i];
    }
}
