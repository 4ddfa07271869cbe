namespace Winnow.Bench;

/// <summary>Tokens one after another, one sequence.</summary>
/// <param name="Context">Rows in the cache before the first of them.</param>
/// <param name="TokensPerSecond">Rate.</param>
/// <param name="WeightBytes">Bytes of weights that one token reads: every matrix of the decoder and the head, scales included.</param>
/// <param name="Gbs">Bytes of weights read a second, in 10^9.</param>
/// <param name="BandwidthShare">That rate over the memory bandwidth measured around it.</param>
public sealed record DecodeResult(int Context, double TokensPerSecond, long WeightBytes, double Gbs, double BandwidthShare);
