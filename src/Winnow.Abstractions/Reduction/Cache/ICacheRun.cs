namespace Winnow.Reduction;

/// <summary>One sequence of an <see cref="ICacheReducer"/>. Text always stays cached and visible; only visual rows are chosen.</summary>
public interface ICacheRun
{
    /// <summary>Whether the run wants to choose rows of a layer's cache once the prompt has been read.</summary>
    /// <param name="layer">0-based layer.</param>
    bool ActsAfterPrefill(int layer);

    /// <summary>Chooses, per key and value head, the visual rows that stay in a layer's cache.</summary>
    /// <param name="view">The layer, and the attention of the prompt's last row in it.</param>
    /// <returns>
    /// <c>[KeyValueHeads]</c> lists of visual rows of the view, rising and equally many in each, so that the cache stays one
    /// block; null to keep all.
    /// </returns>
    IReadOnlyList<IReadOnlyList<int>>? KeepAfterPrefill(CacheView view);

    /// <summary>
    /// First layer that may see less than its whole cache in a decoding step, above 0; null where nothing is hidden while decoding.
    /// </summary>
    int? FirstStepLayer { get; }

    /// <summary>Chooses which visual rows this step may look at from <see cref="FirstStepLayer"/> on. Nothing is deleted.</summary>
    /// <param name="view">The layer before, and the attention of the step's row in it.</param>
    /// <returns>Visual rows of the view that are visible, rising; null to hide none in this step.</returns>
    IReadOnlyList<int>? VisibleInStep(CacheView view);
}
