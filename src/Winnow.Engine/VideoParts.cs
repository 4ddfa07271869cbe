using Winnow.Models.Tokenize;

namespace Winnow.Engine;

/// <summary>A video cut into parts by texts between its frames, as template and splice want to know it.</summary>
internal sealed class VideoParts
{
    private readonly List<int> _cuts = [];
    private readonly string[]? _around;

    /// <summary>Cuts a video.</summary>
    /// <param name="texts">In the order of their frames; those of one frame are written one behind the other.</param>
    /// <param name="frames">Frames of the video.</param>
    /// <exception cref="WinnowException">The order falls, or the video has no such frame.</exception>
    public VideoParts(IReadOnlyList<FrameText> texts, int frames)
    {
        if (texts.Count == 0)
            return;
        List<string> around = [""];
        string behind = "";
        for (int i = 0; i < texts.Count; i++)
        {
            (int frame, string text) = texts[i];
            if (frame < (i == 0 ? 0 : texts[i - 1].Frame) || frame > frames)
                throw new WinnowException(
                    $"A text stands in front of frame {frame}; "
                        + $"texts must stand in the order of their frames, which go from 0 to {frames}.");
            if (frame == frames)
                behind += text;
            else if (frame == (_cuts.Count == 0 ? 0 : _cuts[^1]))
                around[^1] += text;
            else
            {
                _cuts.Add(frame);
                around.Add(text);
            }
        }
        _around = [.. around, behind];
    }

    /// <summary>Frames at which a new part begins; empty for a video in one piece.</summary>
    public IReadOnlyList<int> Cuts => _cuts;

    /// <summary>The message with the video and a question.</summary>
    public ChatMessage Ask(string question) => new(ChatRole.User, question, Videos: 1) { AroundParts = _around };
}
