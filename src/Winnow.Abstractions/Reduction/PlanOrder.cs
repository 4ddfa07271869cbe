namespace Winnow.Reduction;

/// <summary>In which order a method emits its tokens; the contract suite holds it to this.</summary>
public enum PlanOrder
{
    /// <summary>Places rise strictly from token to token.</summary>
    Place,

    /// <summary>Frames follow each other in time; inside a frame the method has its own order.</summary>
    Frame,

    /// <summary>The method's own order.</summary>
    Own,
}
