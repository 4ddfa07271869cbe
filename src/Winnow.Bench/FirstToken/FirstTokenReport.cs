namespace Winnow.Bench;

/// <summary>What a run of <see cref="FirstTokenBench"/> measured.</summary>
/// <param name="Config">The configuration.</param>
/// <param name="Weights">How its matrices were stored.</param>
/// <param name="Threads">Threads that worked.</param>
/// <param name="Path">Instruction set.</param>
/// <param name="Clips">The videos, in their order.</param>
/// <param name="Seconds">Time of the whole run.</param>
public sealed record FirstTokenReport(
    string Config, string Weights, int Threads, string Path, IReadOnlyList<FirstTokenClip> Clips, double Seconds);
