using System.Globalization;
using Winnow.Video;

namespace Winnow.Evaluation.Pictures;

/// <summary>Pictures of what methods keep of a video, for several methods side by side.</summary>
public static class KeptPictures
{
    private const int Gap = 8;
    private const int BetweenViews = 2 * Gap;

    // How fine the dots of letters are: a line of text takes a few hundred dots.
    private const int DotsPerWidth = 800;
    private const int DotsPerFrame = 250;

    /// <summary>
    /// One sheet: for each method a title, every frame in its own size, and the strip with segments and budgets over a
    /// timeline that says its scale; below it a strip for each place before.
    /// </summary>
    /// <param name="frames">The frames that the tokens were made from, all of one size, at least one.</param>
    /// <param name="views">The methods, from top to bottom, at least one.</param>
    /// <param name="columns">Frames beside each other, at least 1.</param>
    /// <exception cref="ArgumentException">Frames and tokens are of different videos.</exception>
    public static Frame Sheet(IReadOnlyList<Frame> frames, IReadOnlyList<KeptView> views, int columns)
    {
        RefuseUnfit(frames, views);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        columns = Math.Min(columns, frames.Count);
        int rows = (frames.Count + columns - 1) / columns;
        (int cellWidth, int cellHeight) = (frames[0].Width + Gap, frames[0].Height + Gap);
        int dot = Math.Max(1, columns * cellWidth / DotsPerWidth),
            lineHeight = DotFont.Height * dot + 2 * Gap,
            stripHeight = StripHeight(frames[0]);
        int stripWidth = columns * cellWidth - Gap, framesHeight = rows * cellHeight;
        int textWidth = views.SelectMany(view => view.Before.Append(view)).Max(view => DotFont.Measure(view.Label)) * dot + Gap;
        int height = (views.Count - 1) * BetweenViews
            + views.Sum(view => framesHeight + (2 + view.Before.Count) * lineHeight + (1 + view.Before.Count) * stripHeight);
        var canvas = new Canvas(Math.Max(columns * cellWidth, textWidth) + Gap, height + Gap, Rgb.Page);
        int top = 0;
        foreach (KeptView view in views)
        {
            canvas.Write(view.Label, Gap, top + Gap, dot, Rgb.White);
            top += lineHeight;
            for (int i = 0; i < frames.Count; i++)
                canvas.Draw(KeptPainter.Paint(frames[i], i, view.Kept), Gap + i % columns * cellWidth, top + i / columns * cellHeight);
            top += framesHeight;
            Strip.Draw(canvas, view.Kept, Gap, top, stripWidth, stripHeight, Most(views, view));
            top += stripHeight;
            Timeline(canvas, frames, view.StripCaption(Most(views, view)), top + Gap / 2, stripWidth, dot);
            top += lineHeight;
            foreach (KeptView before in view.Before)
            {
                canvas.Write(before.Label, Gap, top + Gap / 2, dot, Rgb.White);
                top += lineHeight;
                Strip.Draw(canvas, before.Kept, Gap, top - Gap / 2, stripWidth, stripHeight, Most(views, view));
                top += stripHeight;
            }
            top += BetweenViews;
        }
        return canvas.ToFrame();
    }

    /// <summary>One picture a frame, for a video: the methods side by side, under each its strip with the frame marked.</summary>
    /// <param name="frames">As for <see cref="Sheet"/>.</param>
    /// <param name="views">The methods, from left to right, at least one.</param>
    /// <exception cref="ArgumentException">Frames and tokens are of different videos.</exception>
    public static IEnumerable<Frame> Film(IReadOnlyList<Frame> frames, IReadOnlyList<KeptView> views)
    {
        RefuseUnfit(frames, views);
        return Enumerable.Range(0, frames.Count).Select(number => FilmFrame(frames[number], number, views));
    }

    private static Frame FilmFrame(Frame frame, int number, IReadOnlyList<KeptView> views)
    {
        int dot = Math.Max(1, frame.Width / DotsPerFrame), stripHeight = StripHeight(frame);
        int titleHeight = 2 * (DotFont.Height * dot + Gap) + Gap;
        int textWidth = views.Max(view => Math.Max(DotFont.Measure(view.Title), DotFont.Measure(view.Counts))) * dot;
        int viewWidth = Math.Max(frame.Width, textWidth) + 2 * Gap;
        var canvas = new Canvas(views.Count * viewWidth + Gap, titleHeight + frame.Height + Gap + stripHeight + Gap, Rgb.Page);
        for (int view = 0; view < views.Count; view++)
        {
            int left = Gap + view * viewWidth;
            canvas.Write(views[view].Title, left, Gap, dot, Rgb.White);
            canvas.Write(views[view].Counts, left, DotFont.Height * dot + 2 * Gap, dot, Rgb.White);
            canvas.Draw(KeptPainter.Paint(frame, number, views[view].Kept), left, titleHeight);
            Strip.Draw(
                canvas, views[view].Kept, left, titleHeight + frame.Height + Gap,
                frame.Width, stripHeight, Most(views, views[view]), number);
        }
        return canvas.ToFrame(number, frame.Time);
    }

    /// <summary>Start and end in seconds, and between them what the strip shows, where there is room for it.</summary>
    private static void Timeline(Canvas canvas, IReadOnlyList<Frame> frames, string caption, int top, int width, int dot)
    {
        string first = Text(frames[0]), last = Text(frames[^1]);
        canvas.Write(first, Gap, top, dot, Rgb.White);
        canvas.Write(last, Gap + width - DotFont.Measure(last) * dot, top, dot, Rgb.White);
        if ((DotFont.Measure(caption) + 2 * DotFont.Measure($"{last} ")) * dot <= width)
            canvas.Write(caption, Gap + (width - DotFont.Measure(caption) * dot) / 2, top, dot, Rgb.White);

        static string Text(Frame frame) => string.Create(CultureInfo.InvariantCulture, $"{frame.Time.TotalSeconds:F1} s");
    }

    /// <summary>Strips that count the same, tokens or patches, have one scale.</summary>
    private static int Most(IReadOnlyList<KeptView> views, KeptView like) => Math.Max(1, views
        .SelectMany(view => view.Before.Append(view))
        .Where(view => view.Kept.AreTokens == like.Kept.AreTokens)
        .Max(view => view.Kept.PerFrame.Max()));

    private static int StripHeight(Frame frame) => Math.Max(24, frame.Height / 8);

    private static void RefuseUnfit(IReadOnlyList<Frame> frames, IReadOnlyList<KeptView> views)
    {
        if (frames.Count == 0 || views.Count == 0)
            throw new ArgumentException(
                $"There are {frames.Count} frames and {views.Count} views; at least one of each is needed.", nameof(frames));
        if (frames.FirstOrDefault(frame => frame.Width != frames[0].Width || frame.Height != frames[0].Height) is { } odd)
            throw new ArgumentException(
                $"Frames must be of one size; one is {odd.Width}x{odd.Height}, the first {frames[0].Width}x{frames[0].Height}.",
                nameof(frames));
        if (views.FirstOrDefault(view => view.Kept.Grid.Frames != frames.Count) is { } unfit)
            throw new ArgumentException(
                $"There are {frames.Count} frames; the tokens of {unfit.Title} are of {unfit.Kept.Grid.Frames}.", nameof(views));
    }
}
