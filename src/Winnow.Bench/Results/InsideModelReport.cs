namespace Winnow.Bench;

/// <summary>What a run of <see cref="InsideModelBench"/> measured.</summary>
/// <param name="Config">The configuration.</param>
/// <param name="Weights">How its matrices were stored.</param>
/// <param name="Threads">Threads that worked.</param>
/// <param name="Frames">Frames of the video.</param>
/// <param name="Tokens">Visual tokens of the video.</param>
/// <param name="Dense">The prompt without any method.</param>
/// <param name="Methods">The methods.</param>
public sealed record InsideModelReport(
    string Config,
    string Weights,
    int Threads,
    int Frames,
    int Tokens,
    InsideModelResult Dense,
    IReadOnlyList<InsideModelResult> Methods);
