namespace Winnow.Bench;

/// <summary>One matrix product of a decoder layer, with f32 and with int8 weights.</summary>
/// <param name="Name">Which product.</param>
/// <param name="Rows">Rows of activations, m.</param>
/// <param name="Inputs">Inner width, k.</param>
/// <param name="Outputs">Outputs, n.</param>
/// <param name="PerLayer">How often a layer runs it.</param>
/// <param name="F32Gflops">Rate with f32 weights, 2 m k n operations, in 10^9 a second.</param>
/// <param name="F32PeakShare">That rate over the f32 ceiling measured around it.</param>
/// <param name="Int8Gops">Rate with int8 weights; quantising the activations is part of the time.</param>
/// <param name="Int8OverF32">The int8 rate over the f32 rate.</param>
public sealed record GemmResult(
    string Name,
    int Rows,
    int Inputs,
    int Outputs,
    int PerLayer,
    double F32Gflops,
    double F32PeakShare,
    double Int8Gops,
    double Int8OverF32);
