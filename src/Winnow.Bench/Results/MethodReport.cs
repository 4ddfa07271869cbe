namespace Winnow.Bench;

/// <summary>What a run of <see cref="MethodBench"/> measured.</summary>
/// <param name="Config">The configuration whose prefill is the measure.</param>
/// <param name="Weights">How its matrices were stored.</param>
/// <param name="Threads">Threads that worked.</param>
/// <param name="Frames">Frames of the video.</param>
/// <param name="Tokens">Visual tokens of the video.</param>
/// <param name="Width">Width of a token.</param>
/// <param name="Retention">Share that the methods were asked to keep.</param>
/// <param name="DensePrefillSeconds">Time of the prefill of all tokens.</param>
/// <param name="PrefillShareLimit">The most that a method may cost, as a share of it.</param>
/// <param name="Methods">The methods.</param>
public sealed record MethodReport(
    string Config,
    string Weights,
    int Threads,
    int Frames,
    int Tokens,
    int Width,
    double Retention,
    double DensePrefillSeconds,
    double PrefillShareLimit,
    IReadOnlyList<MethodResult> Methods);
