using System.Numerics.Tensors;
using Winnow.Models.Configuration;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Encode.Passes;

/// <summary>
/// Frames pass the tower in groups, and a method acts between the blocks: what it leaves is all that the later blocks compute.
/// </summary>
/// <remarks>Holds the rows of one group. Patches that repeat or drop are no part of it; they come back behind the tower.</remarks>
internal sealed class ReducedPass(
    SiglipEncoder tower, TowerRecord record, TowerFeatures features,
    IEncoderReducer reducer, IPatchRun? patches, ActivationArena arena) : ITowerPass
{
    private readonly PatchChoice _choice = new(tower);
    private readonly GroupRows _rows = new(tower.Config.Width, tower.Config.Tokens);
    private float[] _queries = [];
    private float[] _keys = [];
    private float[] _values = [];
    private EncoderContext? _context;

    public TowerWork Work { get; private set; } = new();

    private SiglipConfig Config => tower.Config;

    public void Add(ReadOnlySpan<float> pixels, ITowerSink sink)
    {
        _choice.Next(pixels, patches);
        Span<float> states = _rows.AddFrame(_choice);
        if (_choice.Encoded.Length > 0)
            tower.Embedding.Apply(_choice.Patches, _choice.Encoded, states, arena);
        Work = Work.Plus(new TowerWork
        {
            Patches = Config.Tokens,
            Encoded = _choice.Encoded.Length,
            DenseRows = Config.Tokens * (long)record.BlocksNeeded,
        });
        if (_rows.Frames >= reducer.GroupFrames)
            Encode(sink);
    }

    public void Complete(ITowerSink sink)
    {
        if (_rows.Frames > 0)
            Encode(sink);
    }

    private void Encode(ITowerSink sink)
    {
        var grid = new TokenGrid(_rows.Frames, Config.GridSide, Config.GridSide);
        var notes = new GroupNotes(record, features, grid);
        notes.AddState(0, _rows);
        _context = new EncoderContext { Layers = record.BlocksNeeded, Heads = Config.Heads, Grid = grid, Parallel = tower.Compute.For };
        IEncoderRun run = reducer.Begin(_context);
        for (int layer = 0; layer < record.BlocksNeeded; layer++)
        {
            RunBlock(layer, run, notes);
            notes.AddState(layer + 1, _rows);
        }
        Work = Work.Plus(new TowerWork { Remaining = _rows.Count });
        notes.Deliver(sink);
        _rows.Clear();
    }

    private void RunBlock(int layer, IEncoderRun run, GroupNotes notes)
    {
        Stop(new EncoderPoint(layer, EncoderMoment.BeforeBlock), run, [], seesBlock: false);
        if (_rows.Count == 0)
            return;
        float[] bias = run.ProportionalAttention && _rows.Sizes.Any(size => size != 1f)
            ? [.. _rows.Sizes.Select(size => MathF.Log(size))]
            : [];
        Attend(layer, bias, notes);
        bool changed = Stop(new EncoderPoint(layer, EncoderMoment.AfterAttention), run, bias, seesBlock: true);
        tower.Blocks[layer].AddMlp(_rows.States, arena);
        Work = Work.Plus(new TowerWork { Rows = _rows.Count });
        Stop(new EncoderPoint(layer, EncoderMoment.AfterBlock), run, bias, seesBlock: !changed);
    }

    private void Attend(int layer, float[] bias, GroupNotes notes)
    {
        using ActivationArena.Scope scope = arena.Enter();
        SiglipBlock block = tower.Blocks[layer];
        Span<float> x = _rows.States, normed = arena.Rent(x.Length), attended = normed;
        Span<float> q = Grow(ref _queries, x.Length), k = Grow(ref _keys, x.Length), v = Grow(ref _values, x.Length);
        block.Normalize(x, normed);
        block.Queries(normed, q);
        block.Keys(normed, k);
        block.Values(normed, v);
        float[]? receivedNote = record.FindReceivedAttention(layer);
        Span<float> received = receivedNote is null ? default : arena.Rent(_rows.Count);
        int first = 0;
        foreach (int length in _rows.Lengths)
        {
            if (length > 0)
            {
                int start = first * Config.Width, values = length * Config.Width;
                ReadOnlySpan<float> sizes = bias.Length > 0 ? bias.AsSpan(first, length) : default;
                block.Look(
                    block.Input(q.Slice(start, values), k.Slice(start, values), v.Slice(start, values), sizes),
                    attended.Slice(start, values),
                    receivedNote is null ? default : received.Slice(first, length),
                    arena);
            }
            first += length;
        }
        block.AddProjected(attended, x);
        if (receivedNote is not null)
            notes.Add(receivedNote, received, _rows.RowOf);
        if (record.FindKeys(layer) is { } keysNote)
            notes.Add(keysNote, k, _rows.RowOf);
    }

    /// <summary>Lets the method look and act at a point.</summary>
    /// <returns>Whether it changed the rows.</returns>
    private bool Stop(EncoderPoint point, IEncoderRun run, float[] bias, bool seesBlock)
    {
        if (_rows.Count == 0 || run.NeedsAt(point) is not { } needs)
            return false;
        if (!seesBlock && (needs.Keys || needs.Values || needs.Attention is not null))
            throw new InvalidOperationException(
                $"At {point} there is nothing of the block to see: it has not run, or its rows were changed since.");
        EncoderStep? step = run.Decide(new EncoderView
        {
            Context = _context!,
            Point = point,
            Hidden = _rows.Matrix,
            Places = _rows.Places,
            Sizes = _rows.Sizes,
            SequenceLengths = _rows.Lengths,
            Keys = needs.Keys ? Matrix(_keys) : null,
            Values = needs.Values ? Matrix(_values) : null,
            Attention = needs.Attention is { } wanted ? Views(wanted, bias) : null,
        });
        if (step is null)
            return false;
        _rows.Apply(step);
        return true;
    }

    private IReadOnlyList<AttentionView> Views(EncoderAttention wanted, float[] bias)
    {
        var views = new List<AttentionView>(_rows.Lengths.Count);
        int first = 0, width = Config.Width;
        foreach (int length in _rows.Lengths)
        {
            float[] sizes = wanted.WithSizes && bias.Length > 0 ? bias[first..(first + length)] : [];
            ReadOnlyMemory<float> q = _queries.AsMemory(first * width, length * width), k = _keys.AsMemory(first * width, length * width);
            if (wanted.OfMeanQuery)
                q = Mean(q.Span, width);
            views.Add(new SequenceAttention(tower.Compute, q, k, sizes, Config.Heads, width, wanted.Temperature));
            first += length;
        }
        return views;
    }

    private static float[] Mean(ReadOnlySpan<float> rows, int width)
    {
        float[] mean = new float[width];
        for (int start = 0; start < rows.Length; start += width)
            TensorPrimitives.Add(mean, rows.Slice(start, width), mean);
        TensorPrimitives.Divide(mean, Math.Max(1, rows.Length / width), mean);
        return mean;
    }

    private TokenMatrix Matrix(float[] values) => new(values.AsMemory(0, _rows.Count * Config.Width), Config.Width);

    private static Span<float> Grow(ref float[] values, int length)
    {
        if (values.Length < length)
            values = new float[length];
        return values.AsSpan(0, length);
    }
}
