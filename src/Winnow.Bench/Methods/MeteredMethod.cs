using System.Diagnostics;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Bench.Methods;

/// <summary>
/// Counts what a method costs besides the layers: everything from the moment when the sequence stops for it until it has answered, the
/// attention rows and projections that it asks for included.
/// </summary>
/// <param name="prefill">The method inside the layers; null for none.</param>
/// <param name="cache">
/// The method on the cache; null for none. Only what it does after the prompt is counted, not its part in decoding.
/// </param>
/// <param name="compute">Counts the multiply-adds.</param>
internal sealed class MeteredMethod(IPrefillReducer? prefill, ICacheReducer? cache, Compute compute)
{
    private long _startTime;
    private long _startOperations;

    /// <summary>Time so far.</summary>
    public double Seconds { get; private set; }

    /// <summary>Multiply-adds of attention rows and projections so far; the method's own comparisons are not among them.</summary>
    public long MultiplyAdds { get; private set; }

    /// <summary>The method inside the layers, metered.</summary>
    public IPrefillReducer? Prefill => prefill is null ? null : new PrefillReducer(this, prefill);

    /// <summary>The method on the cache, metered.</summary>
    public ICacheReducer? Cache => cache is null ? null : new CacheReducer(this, cache);

    private void Start() => (_startTime, _startOperations) = (Stopwatch.GetTimestamp(), compute.MultiplyAdds);

    private T Stop<T>(T answer)
    {
        Seconds += Stopwatch.GetElapsedTime(_startTime).TotalSeconds;
        MultiplyAdds += compute.MultiplyAdds - _startOperations;
        return answer;
    }

    private sealed class PrefillReducer(MeteredMethod meter, IPrefillReducer inner) : IPrefillReducer
    {
        public IPrefillRun Begin(PrefillContext context)
        {
            meter.Start();
            return new PrefillRun(meter, meter.Stop(inner.Begin(context)));
        }
    }

    private sealed class PrefillRun(MeteredMethod meter, IPrefillRun inner) : IPrefillRun
    {
        // The engine asks last of all before it gathers what is wanted and lets the method decide.
        public PrefillNeeds? NeedsAt(PrefillPoint point)
        {
            meter.Start();
            return inner.NeedsAt(point);
        }

        public PrefillStep? Decide(PrefillView view) => meter.Stop(inner.Decide(view));
    }

    private sealed class CacheReducer(MeteredMethod meter, ICacheReducer inner) : ICacheReducer
    {
        public ICacheRun BeginCache(PrefillContext context) => new CacheRun(meter, inner.BeginCache(context));
    }

    private sealed class CacheRun(MeteredMethod meter, ICacheRun inner) : ICacheRun
    {
        public int? FirstStepLayer => inner.FirstStepLayer;

        public bool ActsAfterPrefill(int layer) => inner.ActsAfterPrefill(layer);

        public IReadOnlyList<IReadOnlyList<int>>? KeepAfterPrefill(CacheView view)
        {
            meter.Start();
            return meter.Stop(inner.KeepAfterPrefill(view));
        }

        public IReadOnlyList<int>? VisibleInStep(CacheView view) => inner.VisibleInStep(view);
    }
}
