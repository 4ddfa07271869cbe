namespace Winnow.Media;

/// <summary>
/// Makes of a decoded frame what is kept of it. Called once for each distinct frame, in order; the next frame waits for it.
/// </summary>
/// <typeparam name="TFrame">What is kept.</typeparam>
/// <param name="index">Number of the frame in presentation order, from 0.</param>
/// <param name="width">Width in pixels.</param>
/// <param name="height">Height in pixels.</param>
/// <param name="pixels"><c>[height, width, 3]</c>, R G B, upright. The reader's own buffer, overwritten by the next frame: copy what must
/// stay.</param>
public delegate TFrame FrameConverter<out TFrame>(int index, int width, int height, ReadOnlySpan<byte> pixels);
