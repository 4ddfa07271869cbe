namespace Winnow.Reduction;

/// <summary>One thing that a method looks at besides the tokens: a signal, or a substitute where the model has no such signal.</summary>
/// <remarks>The engine computes the first alternative that the loaded model has. Where it has none, a need ends in an error and a wish is
/// passed over.</remarks>
public sealed class SignalNeed
{
    private SignalNeed(bool isOptional, SignalRequest[] alternatives) => (IsOptional, Alternatives) = (isOptional, alternatives);

    /// <summary>The signal and its substitutes, the preferred one first; at least one.</summary>
    public IReadOnlyList<SignalRequest> Alternatives { get; }

    /// <summary>Whether the method has a documented way without any of them.</summary>
    public bool IsOptional { get; }

    /// <summary>What the method cannot do without: the signal, or else its first substitute that the model has.</summary>
    public static SignalNeed Of(SignalRequest preferred, params SignalRequest[] substitutes) => new(false, [preferred, .. substitutes]);

    /// <summary>What the method uses where the model has it.</summary>
    public static SignalNeed Wish(SignalRequest preferred, params SignalRequest[] substitutes) => new(true, [preferred, .. substitutes]);
}
