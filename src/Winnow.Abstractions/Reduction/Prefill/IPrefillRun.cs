namespace Winnow.Reduction;

/// <summary>
/// One prefill of an <see cref="IPrefillReducer"/>: asked at every point of the layer loop what it wants to see there, and then what to do.
/// </summary>
public interface IPrefillRun
{
    /// <summary>
    /// What the run wants to see at a point; null to pass it by. Asked before the layer in front of the point runs, so that its
    /// attention can be captured.
    /// </summary>
    PrefillNeeds? NeedsAt(PrefillPoint point);

    /// <summary>Decides at a point that it did not pass by; null to go on unchanged.</summary>
    PrefillStep? Decide(PrefillView view);
}
