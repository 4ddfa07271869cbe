namespace Winnow.Models.Tokenize;

/// <summary>One message: images first, videos next, the text last.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Text">What is said, taken literally; empty for no text.</param>
/// <param name="Videos">Number of videos, each one placeholder in the prompt; 0 or more.</param>
/// <param name="Images">Number of images, each one placeholder in the prompt; 0 or more.</param>
public sealed record ChatMessage(ChatRole Role, string Text, int Videos = 0, int Images = 0);
