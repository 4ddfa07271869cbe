namespace Winnow.Reduction;

/// <summary>A method that acts at layers of the language model while the prompt is read.</summary>
/// <remarks>
/// Instances hold options only and may be shared; what a method remembers from layer to layer lives in the
/// <see cref="IPrefillRun"/> of one prefill.
/// </remarks>
public interface IPrefillReducer
{
    /// <summary>Starts one prefill.</summary>
    /// <exception cref="ArgumentException">
    /// The options do not fit the model or the prompt, such as a layer that it does not have; the message names the value.
    /// </exception>
    IPrefillRun Begin(PrefillContext context);
}
