using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>Where a model takes its weights from, by the names that its family uses whatever the file calls them.</summary>
/// <remarks>Matrices stay in their stored type where they lie; what they lie in must outlive the model.</remarks>
public interface IWeightSource
{
    /// <summary>Whether there is a tensor of that name.</summary>
    bool Has(string name);

    /// <summary>A matrix for products; a source may hand it out quantised.</summary>
    /// <param name="name">The family's name of it.</param>
    /// <param name="shape">Outputs first, then the inputs, which may be spread over several sides (a convolution's kernel).</param>
    /// <exception cref="WinnowException">It is missing, has another shape, or holds no floating-point values.</exception>
    WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape);

    /// <summary>A matrix whose rows are looked up, never quantised.</summary>
    /// <param name="name">The family's name of it.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Length of a row.</param>
    /// <exception cref="WinnowException">It is missing, has another shape, or holds no floating-point values.</exception>
    WeightMatrix Table(string name, int rows, int columns);

    /// <summary>A small tensor, copied and converted to float32: norms, biases, positions.</summary>
    /// <param name="name">The family's name of it.</param>
    /// <param name="shape">The sides it must have.</param>
    /// <exception cref="WinnowException">It is missing, has another shape, or holds no floating-point values.</exception>
    float[] Values(string name, params ReadOnlySpan<int> shape);

    /// <summary>
    /// Says that a matrix that was handed out has been copied and will not be read for now; a mapped source need not keep it in RAM.
    /// </summary>
    /// <param name="name">The family's name of it.</param>
    void Release(string name)
    {
    }
}
