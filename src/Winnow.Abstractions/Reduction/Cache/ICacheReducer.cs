namespace Winnow.Reduction;

/// <summary>
/// A method that acts on the cached keys and values: on those of the prompt once it has been read, or on what each
/// decoding step may look at.
/// </summary>
/// <remarks>
/// Instances hold options only and may be shared; what a method remembers from step to step lives in the
/// <see cref="ICacheRun"/> of one sequence.
/// </remarks>
public interface ICacheReducer
{
    /// <summary>Starts one sequence.</summary>
    /// <param name="context">The model and the prompt.</param>
    /// <exception cref="ArgumentException">The options do not fit the model or the prompt; the message names the value.</exception>
    ICacheRun BeginCache(PrefillContext context);
}
