namespace Winnow.Reduction;

/// <summary>What a method does at a point: from here on the sequence is what the plan says.</summary>
/// <param name="Plan">
/// Over all rows of the sequence, text included; text rows must stay, in order, and the visual rows stay one block.
/// </param>
public sealed record PrefillStep(ReductionPlan Plan)
{
    /// <summary>
    /// Positions of the rows from here on: <see cref="PositionRule.Original"/> keeps each row's (gaps stay),
    /// <see cref="PositionRule.Compact"/> counts anew.
    /// </summary>
    /// <remarks>After counting anew, these layers go on while decoding at their own length, as the official codes do.</remarks>
    public PositionRule Positions { get; init; } = PositionRule.Original;

    /// <summary>Rows to drop from the caches of layers that have run already; empty to leave them whole.</summary>
    public IReadOnlyList<CacheCut> CacheCuts { get; init; } = [];

    /// <summary>Rows that the plan leaves out but that come back later, in the state they have here; empty for none.</summary>
    public IReadOnlyList<int> Parked { get; init; } = [];

    /// <summary>Whether all rows parked before come back here, each at its old place in the sequence and with its old position.</summary>
    public bool ReturnsParked { get; init; }

    /// <summary>
    /// Whether reading begins again at layer 0, with empty caches: the plan is then over the rows that entered layer 0, and positions start
    /// from theirs. Only before a layer.
    /// </summary>
    public bool StartsAnew { get; init; }

    /// <summary>Keeps some visual rows and all text, in order.</summary>
    /// <param name="view">The sequence.</param>
    /// <param name="visualRows">
    /// Rows of the sequence to keep, inside the visual block, in any order; they go on in the order of the sequence.
    /// </param>
    /// <param name="trace">What explains the choice.</param>
    public static PrefillStep KeepVisual(PrefillView view, IEnumerable<int> visualRows, PlanTrace? trace = null) => new(ReductionPlan.Keep(
        [.. Enumerable.Range(0, view.VisualStart), .. visualRows.Order(), .. Enumerable.Range(view.VisualEnd, view.Count - view.VisualEnd)],
        view.Count, trace));
}

/// <summary>Keeps only some rows in the caches of some layers.</summary>
/// <param name="FirstLayer">First of the layers, 0-based.</param>
/// <param name="LayerCount">How many layers, all of which have run.</param>
/// <param name="Rows">Rows of those caches that stay, ascending.</param>
public sealed record CacheCut(int FirstLayer, int LayerCount, IReadOnlyList<int> Rows);
