namespace Winnow.Numerics;

/// <summary>
/// What a matrix product does with each value <c>v = x w^T + bias</c> before it is stored, while it is still in a register.
/// </summary>
public enum Epilogue
{
    /// <summary><c>y = v</c>.</summary>
    None,

    /// <summary><c>y = y + v</c>: the residual sum of a transformer block. What y held before is read.</summary>
    Accumulate,

    /// <summary><c>y = gelu_tanh(v)</c>, see <see cref="Activations.GeluTanh"/>.</summary>
    GeluTanh,

    /// <summary><c>y = gelu_erf(v)</c>, see <see cref="Activations.GeluErf"/>.</summary>
    GeluErf,
}
