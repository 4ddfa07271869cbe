namespace Winnow.Reduction;

/// <summary>A method that acts on the visual tokens after the vision encoder and before the language model.</summary>
/// <remarks>
/// An implementer's duties: declare in <see cref="Needs"/> what <see cref="Reduce"/> reads besides the tokens; answer with a plan that
/// depends on nothing but the input and the options (same input, same plan). It never sees the model. Instances hold options only and may
/// be shared between threads.
/// </remarks>
public interface ITokenReducer
{
    /// <summary>The signals that the method reads besides the tokens; empty for none.</summary>
    IReadOnlyList<SignalNeed> Needs { get; }

    /// <summary>Decides what goes on.</summary>
    /// <exception cref="ArgumentException">The input does not fit the method or its options; the message names the value.</exception>
    ReductionPlan Reduce(ReductionInput input);
}
