namespace Winnow.Reduction;

/// <summary>A place in the layer loop where a method may look and act.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="Moment">Where in the layer.</param>
public readonly record struct PrefillPoint(int Layer, PrefillMoment Moment = PrefillMoment.BeforeLayer);

/// <summary>Where in a layer a point lies.</summary>
public enum PrefillMoment
{
    /// <summary>Before the layer runs, which is after the one before it. The number of layers stands for the end of the last.</summary>
    BeforeLayer,

    /// <summary>Between the layer's attention, its residual added, and its MLP.</summary>
    AfterAttention,
}
