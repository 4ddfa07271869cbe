namespace Winnow.Models.Generate;

/// <summary>How the next token is chosen. The default is greedy: always the most likely one.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits before drawing, 0 or more; 0 takes the most likely token without drawing. Default 0.</summary>
    public float Temperature { get; init; }

    /// <summary>Draws among this many most likely tokens, and those equal to the last of them; 0 for all. Default 0.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// Draws among the fewest most likely tokens with at least this probability together, in (0, 1]; 1 for all. Default 1.
    /// </summary>
    public float TopP { get; init; } = 1;

    /// <summary>
    /// Divides the positive logits, and multiplies the others, of ids that occurred before; above 0, 1 for no effect. Default 1.
    /// </summary>
    /// <remarks>Acts on greedy choices too, as in the reference.</remarks>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Seed of the draws: the same seed, options and logits give the same tokens. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="WinnowException">A value is out of its range.</exception>
    public void Validate()
    {
        Require(float.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "0 or more; use 0 for greedy");
        Require(TopK >= 0, nameof(TopK), TopK, "0 or more; use 0 for no limit");
        Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "in (0, 1]; use 1 for no limit");
        bool penalises = float.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0;
        Require(penalises, nameof(RepetitionPenalty), RepetitionPenalty, "above 0; use 1 for no penalty");
    }

    private static void Require(bool condition, string name, IFormattable value, string range)
    {
        if (!condition)
            throw new WinnowException(FormattableString.Invariant($"{name} is {value}; it must be {range}."));
    }
}
