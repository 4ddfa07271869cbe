namespace Winnow.Engine;

/// <summary>Text that the language model reads between the frames of a video, such as a subtitle.</summary>
/// <param name="Frame">The frame in front of which it stands, from 0; the number of frames for behind the last one.</param>
/// <param name="Text">The text to the byte, line breaks included; text that looks like a control token stays text.</param>
public readonly record struct FrameText(int Frame, string Text);
