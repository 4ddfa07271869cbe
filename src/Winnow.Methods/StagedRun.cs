using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>A prefill in which a method stops before a few layers, each time to see the same and to decide anew.</summary>
/// <param name="layers">0-based layers, rising; empty to do nothing.</param>
/// <param name="needs">What the method wants to see there.</param>
/// <param name="decide">The number of the stop, from 0, and the sequence there.</param>
internal sealed class StagedRun(IReadOnlyList<int> layers, PrefillNeeds needs, Func<int, PrefillView, PrefillStep?> decide) : IPrefillRun
{
    /// <summary>A prefill that runs as without any method.</summary>
    public static StagedRun Nothing { get; } = new([], PrefillNeeds.States, (_, _) => null);

    /// <inheritdoc/>
    public PrefillNeeds? NeedsAt(PrefillPoint point) => StageOf(point) >= 0 ? needs : null;

    /// <inheritdoc/>
    public PrefillStep? Decide(PrefillView view) => decide(StageOf(view.Point), view);

    private int StageOf(PrefillPoint point)
    {
        for (int stage = 0; stage < layers.Count; stage++)
            if (point.Moment == PrefillMoment.BeforeLayer && layers[stage] == point.Layer)
                return stage;
        return -1;
    }
}
