namespace Winnow.Reduction;

/// <summary>
/// A method that acts between the blocks of the vision encoder: from the point where it acts on, the blocks run on what its plan leaves.
/// </summary>
/// <remarks>
/// Instances hold options only and may be shared; what a method remembers from block to block lives in the <see cref="IEncoderRun"/> of one
/// group of frames.
/// </remarks>
public interface IEncoderReducer
{
    /// <summary>
    /// How many frames pass the encoder together, so that the method sees them side by side; 1 where each frame is decided by itself.
    /// Memory grows with it.
    /// </summary>
    int GroupFrames { get; }

    /// <summary>Starts one group of frames; the last one of a video may be smaller.</summary>
    /// <exception cref="ArgumentException">
    /// The options do not fit the encoder, such as a block that it does not have; the message names the value.
    /// </exception>
    IEncoderRun Begin(EncoderContext context);
}
