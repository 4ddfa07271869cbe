using Winnow.Media;

namespace Winnow.Engine;

/// <summary>The chosen frames of a video in the size of the vision encoder. May be encoded several times, in several ways.</summary>
public sealed class DecodedClip
{
    internal DecodedClip(SampledVideo<byte[]> video, int candidates, TimeSpan choose, TimeSpan decode) =>
        (Video, Candidates, Choose, Decode) = (video, candidates, choose, decode);

    /// <summary>Frames as 8-bit pixels, resized.</summary>
    internal SampledVideo<byte[]> Video { get; }

    /// <summary>Frames that a selector looked at to choose these; 0 where none did.</summary>
    public int Candidates { get; }

    /// <summary>Time for choosing frames: decoding and looking at the candidates.</summary>
    public TimeSpan Choose { get; }

    /// <summary>Time for decoding and resizing.</summary>
    public TimeSpan Decode { get; }
}
