using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>Rows that a method set aside: they skip layers and come back in the state they had.</summary>
/// <param name="width">Length of a row (D).</param>
internal sealed class ParkedRows(int width)
{
    private readonly List<(int Origin, int Position, float[] State)> _rows = [];

    /// <summary>Number of rows set aside.</summary>
    public int Count => _rows.Count;

    /// <summary>Sets rows aside.</summary>
    public void Add(IReadOnlyList<int> rows, PrefillView view)
    {
        foreach (int row in rows)
            _rows.Add((view.Origins[row], view.Positions[row], view.Hidden[row].ToArray()));
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear() => _rows.Clear();

    /// <summary>Puts all rows back at their old places in the sequence.</summary>
    /// <param name="rows">The sequence without them, <c>[S, D]</c>.</param>
    /// <param name="origins">Its origins, rising; becomes that of the whole.</param>
    /// <param name="positions">Its positions; becomes that of the whole.</param>
    /// <param name="arena">Gives the memory for the whole.</param>
    /// <returns>The whole, <c>[S + Count, D]</c>.</returns>
    public Span<float> Return(ReadOnlySpan<float> rows, ref int[] origins, ref int[] positions, ActivationArena arena)
    {
        _rows.Sort((a, b) => a.Origin.CompareTo(b.Origin));
        int count = origins.Length + _rows.Count, current = 0, parked = 0;
        Span<float> whole = arena.Rent(count * width);
        int[] allOrigins = new int[count], allPositions = new int[count];
        for (int row = 0; row < count; row++)
        {
            bool takesParked = current == origins.Length || (parked < _rows.Count && _rows[parked].Origin < origins[current]);
            (int origin, int position) = takesParked
                ? (_rows[parked].Origin, _rows[parked].Position)
                : (origins[current], positions[current]);
            ReadOnlySpan<float> state = takesParked ? _rows[parked++].State : rows.Slice(current++ * width, width);
            state.CopyTo(whole.Slice(row * width, width));
            (allOrigins[row], allPositions[row]) = (origin, position);
        }
        _rows.Clear();
        (origins, positions) = (allOrigins, allPositions);
        return whole;
    }
}
