namespace Winnow.Bench;

/// <summary>A prompt of visual tokens through the decoder, up to the logits of its last row.</summary>
/// <param name="Frames">Frames; 0 for a prompt of a given number of tokens.</param>
/// <param name="Retention">Share of the tokens that a reduction left, 1 = all.</param>
/// <param name="Tokens">Rows of the prompt.</param>
/// <param name="Seconds">Time.</param>
/// <param name="TokensPerSecond">Rate.</param>
/// <param name="Gflops">Operations that the prompt needs, in 10^9 a second.</param>
/// <param name="PeakShare">That rate over the f32 ceiling measured around it.</param>
/// <param name="Speedup">Time of the dense prompt of as many frames over this one's.</param>
public sealed record PrefillResult(
    int Frames,
    double Retention,
    int Tokens,
    double Seconds,
    double TokensPerSecond,
    double Gflops,
    double PeakShare,
    double Speedup);
