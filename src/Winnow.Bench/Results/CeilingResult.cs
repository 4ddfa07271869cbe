namespace Winnow.Bench;

/// <summary>What the machine can do at most, measured: all threads at once.</summary>
/// <param name="FmaGflops">Floating-point multiply-adds in f32, two operations each, in 10^9 operations a second.</param>
/// <param name="Int8Gops">Multiply-adds of 8-bit values by <paramref name="Int8Instruction"/>, two operations each, in 10^9 a second.</param>
/// <param name="Int8Instruction">The best instruction for 8-bit products that the runtime offers on this processor.</param>
/// <param name="BandwidthGbs">Bytes read from memory, in 10^9 a second.</param>
public sealed record CeilingResult(double FmaGflops, double Int8Gops, string Int8Instruction, double BandwidthGbs);
