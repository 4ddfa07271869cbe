namespace Winnow.Reduction;

/// <summary>How closely a method meets the wanted share of T tokens in F frames; the contract suite holds it to this.</summary>
public enum BudgetPromise
{
    /// <summary>Exactly <c>floor(retention * T)</c> tokens, at least one.</summary>
    Exact,

    /// <summary>Less than one token away from <c>retention * T</c>; for methods inside the language model, the visual rows left after their
    /// last cut.</summary>
    Rounded,

    /// <summary>Each frame is rounded on its own: at most F tokens away from <c>retention * T</c>, at least one token.</summary>
    PerFrame,

    /// <summary>Frames and segments are rounded on their own: at most 3/2 F tokens above <c>retention * T</c>, fewer where the video has
    /// less to say; at least one token.</summary>
    AtMost,

    /// <summary>Follows from the video or is fixed by the method; the card's rule says how.</summary>
    Own,
}
