using Winnow.Video;

namespace Winnow.Models.Encode.Passes;

/// <summary>What the tower noted of a group of frames, row by row, with the map that brings it back to the grid.</summary>
/// <param name="grid">The group's patches.</param>
internal sealed class GroupNotes(TokenGrid grid)
{
    private readonly List<(float[] Target, float[] Rows, int[] RowOf)> _notes = [];

    /// <summary>Notes the rows of the moment.</summary>
    /// <param name="target"><c>[N, width]</c>: receives one frame's when that frame is loaded.</param>
    /// <param name="rows"><c>[S, width]</c>.</param>
    /// <param name="rowOf">The row of each patch.</param>
    public void Add(float[] target, ReadOnlySpan<float> rows, int[] rowOf) => _notes.Add((target, rows.ToArray(), rowOf));

    /// <summary>Brings a frame's notes into their targets; places that repeat keep what the frame before left there.</summary>
    public void Load(int frame)
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
