using Winnow.Reduction;

namespace Winnow.Models.Tests.Prefill;

/// <summary>A method of the catalog, with notes of all that it answers; rows are noted by their index among the rows that entered layer
/// 0.</summary>
internal sealed class RecordedMethod(IPrefillReducer? prefill, ICacheReducer? cache)
    : IPrefillReducer, ICacheReducer, IPrefillRun, ICacheRun
{
    private readonly Dictionary<int, HashSet<int>[]> _keptInCache = [];
    private IPrefillRun? _prefillRun;
    private ICacheRun? _cacheRun;

    /// <summary>The answers of the last pass through the layers, in order; the one that started it anew counts as the first of layer
    /// 0.</summary>
    public List<(PrefillPoint Point, PrefillStep Step)> Steps { get; } = [];

    /// <summary>Visual rows that each head of a layer kept after the prompt; layers whose caches were left alone are missing.</summary>
    public IReadOnlyDictionary<int, HashSet<int>[]> KeptInCache => _keptInCache;

    /// <summary>Visual rows that the last decoding step saw; null where none was hidden.</summary>
    public HashSet<int>? Visible { get; private set; }

    public int? FirstStepLayer => _cacheRun?.FirstStepLayer;

    public IPrefillRun Begin(PrefillContext context)
    {
        _prefillRun = prefill?.Begin(context);
        return this;
    }

    public ICacheRun BeginCache(PrefillContext context)
    {
        _cacheRun = cache?.BeginCache(context);
        return this;
    }

    public PrefillNeeds? NeedsAt(PrefillPoint point) => _prefillRun?.NeedsAt(point);

    public PrefillStep? Decide(PrefillView view)
    {
        if (_prefillRun!.Decide(view) is not { } step)
            return null;
        if (step.StartsAnew)
            Steps.Clear();
        Steps.Add((step.StartsAnew ? new PrefillPoint(0) : view.Point, step));
        return step;
    }

    public bool ActsAfterPrefill(int layer) => _cacheRun?.ActsAfterPrefill(layer) ?? false;

    public IReadOnlyList<IReadOnlyList<int>>? KeepAfterPrefill(CacheView view)
    {
        IReadOnlyList<IReadOnlyList<int>>? kept = _cacheRun!.KeepAfterPrefill(view);
        if (kept is not null)
            _keptInCache[view.Layer] = [.. kept.Select(rows => OriginsOf(view, rows))];
        return kept;
    }

    public IReadOnlyList<int>? VisibleInStep(CacheView view)
    {
        IReadOnlyList<int>? visible = _cacheRun!.VisibleInStep(view);
        Visible = visible is null ? null : OriginsOf(view, visible);
        return visible;
    }

    private static HashSet<int> OriginsOf(CacheView view, IReadOnlyList<int> rows) =>
        [.. rows.Select(row => view.VisualOrigins[row - view.VisualStart])];
}
