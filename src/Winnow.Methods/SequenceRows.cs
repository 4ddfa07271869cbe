using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>The rows of one sequence between the encoder's blocks.</summary>
/// <param name="Start">First row.</param>
/// <param name="Special">Rows at its head that are no patches.</param>
/// <param name="Patches">Rows behind them.</param>
internal readonly record struct SequenceRows(int Start, int Special, int Patches)
{
    /// <summary>First row that is a patch.</summary>
    public int FirstPatch => Start + Special;

    /// <summary>Number of rows.</summary>
    public int Count => Special + Patches;

    /// <summary>All sequences of a view.</summary>
    /// <param name="view">The rows at a point.</param>
    /// <param name="special">Class tokens at the head of each sequence.</param>
    public static SequenceRows[] Of(EncoderView view, int special)
    {
        var sequences = new SequenceRows[view.SequenceLengths.Count];
        for (int i = 0, start = 0; i < sequences.Length; start += view.SequenceLengths[i++])
            sequences[i] = new SequenceRows(start, special, view.SequenceLengths[i] - special);
        return sequences;
    }
}
