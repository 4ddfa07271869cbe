using Winnow.Reduction;

namespace Winnow.Models.Tests.Prefill;

/// <summary>A method that does at each point what the test says, and keeps what it saw.</summary>
internal sealed class ScriptedRun : IPrefillReducer, IPrefillRun
{
    private readonly Dictionary<PrefillPoint, (PrefillNeeds Needs, Func<PrefillView, PrefillStep?> Decide)> _script = [];

    public List<PrefillView> Seen { get; } = [];

    public PrefillContext? Context { get; private set; }

    public ScriptedRun At(int layer, Func<PrefillView, PrefillStep?> decide, PrefillNeeds? needs = null) =>
        At(new PrefillPoint(layer), decide, needs);

    public ScriptedRun At(PrefillPoint point, Func<PrefillView, PrefillStep?> decide, PrefillNeeds? needs = null)
    {
        _script[point] = (needs ?? PrefillNeeds.States, decide);
        return this;
    }

    public IPrefillRun Begin(PrefillContext context)
    {
        Context = context;
        Seen.Clear();
        return this;
    }

    public PrefillNeeds? NeedsAt(PrefillPoint point) => _script.TryGetValue(point, out var entry) ? entry.Needs : null;

    public PrefillStep? Decide(PrefillView view)
    {
        Seen.Add(view);
        return _script[view.Point].Decide(view);
    }
}
