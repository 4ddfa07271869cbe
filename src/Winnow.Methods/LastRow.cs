using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// The choice that many methods inside the language model share: visual rows by the attention of the last prompt token, mean over heads.
/// </summary>
internal static class LastRow
{
    /// <summary>The attention of the layer in front.</summary>
    public static PrefillNeeds Needs { get; } = new() { Attention = new AttentionRequest(AttentionQueries.Last) };

    /// <summary><c>[VisualCount]</c>: attention that each visual row gets.</summary>
    public static double[] Scores(PrefillView view) =>
        ReceivedAttention.Mean(view.Attention!, view.VisualStart, view.VisualCount, [view.Attention!.Queries - 1]);

    /// <summary>Keeps the visual rows that are attended to most, in order.</summary>
    /// <param name="view">The sequence.</param>
    /// <param name="count">How many; all where there are not more.</param>
    /// <param name="trace">What explains the choice.</param>
    public static PrefillStep? KeepMostAttended(PrefillView view, int count, PlanTrace? trace = null) => count >= view.VisualCount ? null
        : PrefillStep.KeepVisual(view, TopK.Largest(Scores(view), count, EmitBy.Place).Select(row => view.VisualStart + row), trace);
}
