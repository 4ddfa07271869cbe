namespace Winnow.Reduction;

/// <summary>Base of every method's options: what they share is how much to keep.</summary>
/// <remarks>
/// Properties marked with <see cref="ParameterAttribute"/> are the method's parameters; <see cref="Parameters"/>
/// lists, sets and checks them.
/// </remarks>
public abstract record ReducerOptions
{
    /// <summary>Share of the visual tokens to keep, in (0, 1]; how it becomes a count is each method's stated rule.</summary>
    [Parameter("share of the visual tokens to keep", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
    public double Retention { get; init; } = 0.25;

    /// <summary>Checks every parameter against its range.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names parameter, value, range and remedy.</exception>
    public virtual void Validate() => Parameters.Validate(this);
}
