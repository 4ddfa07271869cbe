namespace Winnow.Reduction;

/// <summary>
/// One group of frames of an <see cref="IEncoderReducer"/>: asked at every point between the blocks what it wants to see there, and then
/// what to do.
/// </summary>
public interface IEncoderRun
{
    /// <summary>
    /// Whether attention is proportional: the logarithm of a token's size is added to the logits of its key, so that a merged token counts
    /// as often as its parts
    /// would (ToMe, arXiv 2210.09461).
    /// </summary>
    bool ProportionalAttention { get; }

    /// <summary>What the run wants to see at a point; null to pass it by.</summary>
    EncoderNeeds? NeedsAt(EncoderPoint point);

    /// <summary>Decides at a point that it did not pass by; null to go on unchanged.</summary>
    EncoderStep? Decide(EncoderView view);
}
