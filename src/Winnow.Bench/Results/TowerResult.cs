namespace Winnow.Bench;

/// <summary>One frame through the vision tower.</summary>
/// <param name="Weights">How the tower's matrices are stored.</param>
/// <param name="Seconds">Time of a frame.</param>
/// <param name="Gflop">Operations of a frame, in 10^9.</param>
/// <param name="Gflops">Rate, in 10^9 operations a second.</param>
/// <param name="PeakShare">That rate over the f32 ceiling measured around it.</param>
public sealed record TowerResult(string Weights, double Seconds, double Gflop, double Gflops, double PeakShare);
