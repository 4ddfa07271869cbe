using Winnow.Video;

namespace Winnow.Models.Encode.Passes;

/// <summary>What came out of the tower for a group of frames, row by row, with the maps that bring it back to the grid.</summary>
/// <param name="record">What to note.</param>
/// <param name="features">What to hand over.</param>
/// <param name="grid">The group's patches.</param>
internal sealed class GroupNotes(TowerRecord record, TowerFeatures features, TokenGrid grid)
{
    private readonly List<(float[] Target, float[] Rows, int[] RowOf)> _notes = [];
    private (float[] Rows, int[] RowOf)? _output;

    /// <summary>Notes the rows of the moment.</summary>
    /// <param name="target"><c>[N, width]</c>: receives one frame's when that frame is handed over.</param>
    /// <param name="rows"><c>[S, width]</c>.</param>
    /// <param name="rowOf">The row of each patch.</param>
    public void Add(float[] target, ReadOnlySpan<float> rows, int[] rowOf) => _notes.Add((target, rows.ToArray(), rowOf));

    /// <summary>Notes a state of the tower if anybody asked for it.</summary>
    /// <param name="state">0 = embeddings, k = output of block k - 1.</param>
    /// <param name="rows">The group between two blocks.</param>
    public void AddState(int state, GroupRows rows)
    {
        if (record.FindState(state) is { } note)
            Add(note, rows.States, rows.RowOf);
        if (state == features.SingleState)
            _output = (rows.States.ToArray(), rows.RowOf);
    }

    /// <summary>
    /// Hands the group over frame by frame; features of several states side by side are those of the places, not of rows.
    /// </summary>
    public void Deliver(ITowerSink sink)
    {
        if (_output is { } output)
            sink.Rows(output.Rows);
        int[] every = [.. Enumerable.Range(0, grid.TokensPerFrame)];
        for (int frame = 0; frame < grid.Frames; frame++)
        {
            Load(frame);
            features.Update();
            if (_output is null)
                sink.Rows(features.Values);
            sink.Frame(_output is { } single ? single.RowOf.AsSpan(frame * grid.TokensPerFrame, grid.TokensPerFrame) : every);
        }
    }

    /// <summary>Brings a frame's notes into their targets; places that repeat keep what the frame before left there.</summary>
    private void Load(int frame)
    {
        foreach ((float[] target, float[] rows, int[] rowOf) in _notes)
        {
            int width = target.Length / grid.TokensPerFrame;
            ReadOnlySpan<int> map = rowOf.AsSpan(frame * grid.TokensPerFrame, grid.TokensPerFrame);
            for (int place = 0; place < map.Length; place++)
                if (map[place] >= 0)
                    rows.AsSpan(map[place] * width, width).CopyTo(target.AsSpan(place * width));
            GridGaps.Fill(target, map, grid.Columns);
        }
    }
}
