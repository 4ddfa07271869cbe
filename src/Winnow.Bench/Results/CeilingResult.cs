namespace Winnow.Bench;

/// <summary>What the machine can do at most, measured: all threads at once.</summary>
/// <param name="FmaGflops">Multiply-adds in f32, two operations each, in 10^9 operations a second.</param>
/// <param name="Int8Gops">
/// Multiply-adds of 8-bit values by the instructions that the integer products use here, two operations each, in 10^9 a second.
/// </param>
/// <param name="BandwidthGbs">Bytes read from memory, in 10^9 a second.</param>
public sealed record CeilingResult(double FmaGflops, double Int8Gops, double BandwidthGbs);
