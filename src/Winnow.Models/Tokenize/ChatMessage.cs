namespace Winnow.Models.Tokenize;

/// <summary>One message: images first, videos next, the text last.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Text">What is said, taken literally; empty for no text.</param>
/// <param name="Videos">Number of videos, each one placeholder in the prompt; 0 or more.</param>
/// <param name="Images">Number of images, each one placeholder in the prompt; 0 or more.</param>
public sealed record ChatMessage(ChatRole Role, string Text, int Videos = 0, int Images = 0)
{
    /// <summary>
    /// Texts that cut the message's one video into parts, each with a placeholder of its own: in front of the first part, between the
    /// parts, behind the last; one more than there are parts, empty for no text. Null for a video in one piece.
    /// </summary>
    public IReadOnlyList<string>? AroundParts { get; init; }
}
