namespace Winnow.Evaluation.Pictures;

/// <summary>The strip under a timeline: a bar a frame, as high as the tokens kept of it are many, with the cuts between segments.</summary>
internal static class Strip
{
    /// <summary>Draws it.</summary>
    /// <param name="canvas">What is drawn on.</param>
    /// <param name="kept">What became of the tokens.</param>
    /// <param name="left">Left edge.</param>
    /// <param name="top">Upper edge.</param>
    /// <param name="width">Width of the whole video.</param>
    /// <param name="height">Height of the strip.</param>
    /// <param name="most">Tokens of a bar of full height, at least 1.</param>
    /// <param name="now">Frame that is shown, marked; null for none.</param>
    public static void Draw(Canvas canvas, KeptTokens kept, int left, int top, int width, int height, int most, int? now = null)
    {
        canvas.Fill(left, top, width, height, Rgb.Line);
        int frames = kept.Grid.Frames, line = Math.Max(1, height / 24);
        for (int frame = 0; frame < frames; frame++)
        {
            (int from, int to) = (left + frame * width / frames, left + (frame + 1) * width / frames);
            int bar = (int)Math.Ceiling((double)kept.PerFrame[frame] * height / most);
            canvas.Fill(from + 1, top + height - bar, Math.Max(1, to - from - 2), bar, frame == now ? Rgb.White : Rgb.Bar);
        }
        foreach (int start in kept.SegmentStarts.Where(start => start > 0 && start < frames))
            canvas.Fill(left + start * width / frames - line, top, 2 * line, height, Rgb.Cut);
    }
}
