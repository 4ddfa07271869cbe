using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>The rows between the encoder's blocks, sequence by sequence, without the rows at their heads that are no patches.</summary>
public static class PatchSequences
{
    /// <summary>The patches of every sequence; behind the head's rows, so that a sequence of those alone is empty here.</summary>
    public static RowRange[] Of(EncoderView view)
    {
        var sequences = new RowRange[view.SequenceLengths.Count];
        for (int i = 0, start = 0; i < sequences.Length; start += view.SequenceLengths[i++])
        {
            int head = Math.Min(view.Context.ClassTokens, view.SequenceLengths[i]);
            sequences[i] = new RowRange(start + head, view.SequenceLengths[i] - head);
        }
        return sequences;
    }

    /// <summary>The number of the sequence of every row.</summary>
    public static int[] Numbers(EncoderView view) =>
        [.. view.SequenceLengths.SelectMany((length, number) => Enumerable.Repeat(number, length))];

    /// <summary>
    /// Rows in a method's order, brought back to their sequences: the heads first, then what the method emits, each sequence in the
    /// method's order.
    /// </summary>
    /// <param name="view">The rows.</param>
    /// <param name="emitted">The patches that stay, in an order over all sequences.</param>
    /// <param name="lengths">Rows of each sequence then.</param>
    public static int[] Arrange(EncoderView view, IEnumerable<int> emitted, out int[] lengths)
    {
        int[] numbers = Numbers(view);
        // The sort is stable: inside a sequence the order stays.
        int[] rows = [.. Enumerable.Range(0, view.Count).Where(row => view.Places[row] < 0).Concat(emitted).OrderBy(row => numbers[row])];
        lengths = new int[view.SequenceLengths.Count];
        foreach (int row in rows)
            lengths[numbers[row]]++;
        return rows;
    }

    /// <summary>Keeps patches of every sequence, behind the rows at its head, with their sizes.</summary>
    /// <param name="view">The rows.</param>
    /// <param name="kept">For each sequence the places of what stays among its patches, in the order in which they go on.</param>
    /// <param name="trace">What explains the choice.</param>
    public static EncoderStep Keep(EncoderView view, IReadOnlyList<int[]> kept, PlanTrace? trace = null)
    {
        RowRange[] patches = Of(view);
        int[] rows = Arrange(view, kept.SelectMany((places, i) => places.Select(place => patches[i].Start + place)), out int[] lengths);
        var plan = new ReductionPlanBuilder(view.Count);
        foreach (int row in rows)
            plan.Keep(row, view.Sizes[row]);
        return new EncoderStep(plan.Build(trace), lengths);
    }
}
