using Winnow.Media;
using Winnow.Models.Families;

namespace Winnow.Engine;

/// <summary>A video that has been looked at: its visual tokens, before any reduction. May serve many conversations and methods.</summary>
public sealed class EncodedClip
{
    private readonly DecodedClip _frames;

    internal EncodedClip(DecodedClip frames, EncodedVideo video, TimeSpan encode) => (_frames, Video, Encode) = (frames, video, encode);

    /// <summary>What the file says of itself.</summary>
    public VideoInfo Info => _frames.Video.Info;

    /// <summary>Visual tokens and signals.</summary>
    public EncodedVideo Video { get; }

    /// <summary>Presentation time of each frame.</summary>
    public IReadOnlyList<TimeSpan> FrameTimes => _frames.Video.Times;

    /// <summary>What was wrong with the file although enough of it could be decoded; null for nothing.</summary>
    public string? Damage => _frames.Video.Damage;

    /// <summary>Frames that a selector looked at to choose these; 0 where none did.</summary>
    public int Candidates => _frames.Candidates;

    /// <summary>Time for choosing frames: decoding and looking at the candidates.</summary>
    public TimeSpan Choose => _frames.Choose;

    /// <summary>Time for decoding and resizing.</summary>
    public TimeSpan Decode => _frames.Decode;

    /// <summary>Time for the vision encoder.</summary>
    public TimeSpan Encode { get; }
}
