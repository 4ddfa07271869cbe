namespace Winnow.Models.Families;

/// <summary>
/// A video on its way through the vision encoder, frame by frame: what a frame leaves behind is its tokens and the signals asked for.
/// </summary>
public interface IVideoEncoding : IDisposable
{
    /// <summary>Encodes the next frame, in the order of time.</summary>
    /// <param name="pixels">
    /// <c>[3, height, width]</c>, R G B, resized and normalised as the model's <see cref="IVideoLanguageModel.Pixels"/> say; not kept.
    /// </param>
    /// <exception cref="ArgumentException">The number of values is not that of a frame.</exception>
    void Add(ReadOnlySpan<float> pixels);

    /// <summary>Ends the video.</summary>
    /// <exception cref="WinnowException">There was no frame.</exception>
    EncodedVideo Complete();
}
