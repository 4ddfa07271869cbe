using Winnow.Media;
using Winnow.Models.Families;

namespace Winnow.Engine;

/// <summary>A video that has been looked at: its visual tokens, before any reduction. May serve many conversations and methods.</summary>
public sealed class EncodedClip
{
    internal EncodedClip(VideoInfo info, EncodedVideo video, IReadOnlyList<TimeSpan> frameTimes, string? damage, TimeSpan decode, TimeSpan encode) =>
        (Info, Video, FrameTimes, Damage, Decode, Encode) = (info, video, frameTimes, damage, decode, encode);

    /// <summary>What the file says of itself.</summary>
    public VideoInfo Info { get; }

    /// <summary>Visual tokens and signals.</summary>
    public EncodedVideo Video { get; }

    /// <summary>Presentation time of each frame.</summary>
    public IReadOnlyList<TimeSpan> FrameTimes { get; }

    /// <summary>What was wrong with the file although enough of it could be decoded; null for nothing.</summary>
    public string? Damage { get; }

    /// <summary>Frames that a selector looked at to choose these; 0 where none did.</summary>
    public int Candidates { get; init; }

    /// <summary>Time for choosing frames: decoding and looking at the candidates.</summary>
    public TimeSpan Choose { get; init; }

    /// <summary>Time for decoding and resizing.</summary>
    public TimeSpan Decode { get; }

    /// <summary>Time for the vision encoder.</summary>
    public TimeSpan Encode { get; }
}
