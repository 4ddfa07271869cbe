using System.Diagnostics;
using Winnow.Evaluation.Pictures;
using Winnow.Media;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Evaluation.Tests.Pictures;

public sealed class KeptPicturesTests
{
    private const int Side = 40;

    // Two frames of 2 x 2 tokens, each cell 20 x 20 pixels.
    private static readonly TokenGrid Grid = new(2, 2, 2);

    /// <summary>
    /// Frame 0: token 0 kept alone, token 1 dropped, tokens 2 and 3 merged with each other. Frame 1: all dropped but token 7.
    /// </summary>
    private static ReductionPlan Plan()
    {
        var builder = new ReductionPlanBuilder(Grid.Count);
        builder.Keep(0);
        builder.Mean(2, [2, 3]);
        builder.Keep(7);
        var trace = new PlanTrace();
        trace.Add(PlanTrace.SegmentStarts, (int[])[0, 1]);
        return builder.Build(trace);
    }

    private static Frame[] Frames() => [.. Enumerable.Range(0, 2).Select(i =>
    {
        byte[] pixels = new byte[Side * Side * 3];
        Array.Fill(pixels, (byte)200);
        return new Frame(Side, Side, pixels, i, TimeSpan.FromSeconds(i));
    })];

    private static byte[] At(Frame picture, int x, int y) => picture.Pixels.AsSpan((y * picture.Width + x) * 3, 3).ToArray();

    [Fact]
    public void Tokens_know_what_became_of_them()
    {
        var kept = new KeptTokens(Grid, Plan());

        Assert.Equal([false, true, false, false, true, true, true, false], Enumerable.Range(0, 8).Select(kept.IsDropped));
        Assert.Equal([null, null, 1, 1, null, null, null, null], Enumerable.Range(0, 8).Select(kept.GroupOf));
        Assert.Equal([2, 1], kept.PerFrame);
        Assert.Equal([0, 1], kept.SegmentStarts);
        Assert.Equal(3, kept.Count);
    }

    [Fact]
    public void Patches_know_what_the_encoder_did_with_them()
    {
        // Frame 0: two patches merged into row 3, one alone, one left out. Frame 1: one encoded, three repeat.
        var kept = KeptTokens.OfPatches(Grid, [3, 3, 5, -2, -1, -1, 9, -1]);

        Assert.Equal([0, 0, null, null, null, null, null, null], Enumerable.Range(0, 8).Select(kept.GroupOf));
        Assert.Equal([3], Enumerable.Range(0, 8).Where(kept.IsDropped));
        Assert.Equal([4, 5, 7], Enumerable.Range(0, 8).Where(kept.IsRepeated));
        Assert.Equal(3, kept.Count);
        Assert.Equal([2, 1], kept.PerFrame);
        Assert.Throws<ArgumentException>(() => KeptTokens.OfPatches(Grid, [0]));
    }

    [Fact]
    public void Repeated_patches_turn_blue()
    {
        Frame painted = KeptPainter.Paint(Frames()[1], 1, KeptTokens.OfPatches(Grid, [3, 3, 5, -2, -1, -1, 9, -1]));

        byte[] repeated = At(painted, 10, 10);
        Assert.True(repeated[2] > repeated[0] + 50);
        Assert.Equal([200, 200, 200], At(painted, 10, 30));
    }

    [Fact]
    public void Places_before_are_strips_of_their_own()
    {
        var view = new KeptView("one", new KeptTokens(Grid, Plan()));

        Frame alone = KeptPictures.Sheet(Frames(), [view], 2),
            with = KeptPictures.Sheet(Frames(), [view with { Before = [new KeptView("all", new KeptTokens(Grid, null))] }], 2);

        Assert.InRange(with.Height - alone.Height, 24, 60);
    }

    [Fact]
    public void Without_a_plan_everything_is_kept_alone()
    {
        var kept = new KeptTokens(Grid, null);

        Assert.All(Enumerable.Range(0, 8), token => Assert.True(!kept.IsDropped(token) && kept.GroupOf(token) is null));
        Assert.Equal([4, 4], kept.PerFrame);
    }

    [Fact]
    public void Painter_dims_dropped_tokens_outlines_groups_and_leaves_the_rest()
    {
        Frame frame = Frames()[0];
        Frame painted = KeptPainter.Paint(frame, 0, new KeptTokens(Grid, Plan()));

        Assert.Equal([200, 200, 200], At(painted, 10, 10));
        Assert.All(At(painted, 30, 10), value => Assert.InRange(value, 0, 70));
        Assert.NotEqual([200, 200, 200], At(painted, 0, 30));
        // Inside the group, on the border of its two tokens, there is no line.
        Assert.Equal([200, 200, 200], At(painted, 20, 30));
        Assert.Equal([200, 200, 200], At(frame, 30, 10));
    }

    [Fact]
    public void Sheet_holds_every_frame_of_every_method_in_its_own_size()
    {
        KeptView[] views = [new("one", new KeptTokens(Grid, Plan())), new("all", new KeptTokens(Grid, null))];

        Frame one = KeptPictures.Sheet(Frames(), views[..1], 2), both = KeptPictures.Sheet(Frames(), views, 2);

        Assert.True(one.Width >= 2 * Side);
        Assert.InRange(both.Height, 2 * one.Height, 2 * one.Height + 20);
        // Pixels of the untouched token, twice a cell of 20 x 20 less the group's outline, and all of both frames in the second view.
        Assert.InRange(Enumerable.Range(0, both.Width * both.Height).Count(i => both.Pixels[3 * i] == 200),
            2 * Side * Side + 3 * 300, 2 * Side * Side + 4 * 400);
    }

    [Fact]
    public void Strip_says_its_scale_and_whether_it_has_cuts()
    {
        Assert.Equal(
            "tokens of each frame, full height 4, lines cut segments", new KeptView("m", new KeptTokens(Grid, Plan())).StripCaption(4));
        Assert.Equal("rows of each frame, full height 3",
            new KeptView("m", KeptTokens.OfPatches(Grid, [3, 3, 5, -2, -1, -1, 9, -1])).StripCaption(3));
    }

    [Fact]
    public void Every_letter_of_a_label_can_be_drawn()
    {
        KeptView[] views =
            [new("rlt:threshold=0.2+mmg-vid 12.5%, from layer 1", new KeptTokens(Grid, Plan())),
                new("the quick brown fox jumps over the lazy dog", KeptTokens.OfPatches(Grid, [3, 3, 5, -2, -1, -1, 9, -1]))];
        string unknown = Dots('\u2603');

        foreach (char letter in views.SelectMany(view => view.Label + view.StripCaption(1234567890)))
            Assert.NotEqual(unknown, Dots(letter));
        // Letters with a tail reach below the line on which the others stand.
        Assert.All("gpqyj,", letter => Assert.Contains('#', Dots(letter)[(7 * DotFont.Width)..]));
        Assert.All("abdhklmno0123456789", letter => Assert.DoesNotContain('#', Dots(letter)[(7 * DotFont.Width)..]));

        static string Dots(char letter) => string.Concat(
            from y in Enumerable.Range(0, DotFont.Height)
            from x in Enumerable.Range(0, DotFont.Width)
            select DotFont.IsSet(letter, x, y) ? '#' : '.');
    }

    [Fact]
    public void Film_puts_long_titles_on_lines_of_their_own()
    {
        var kept = new KeptTokens(Grid, Plan());
        string title = new('m', 40);

        Frame film = KeptPictures.Film(Frames(), [new KeptView(title, kept), new KeptView(title, kept)]).First();

        // Two titles beside each other, the counts below them and not behind.
        Assert.InRange(film.Width, 2 * DotFont.Measure(title), 2 * DotFont.Measure($"{title}: 3 of 8 tokens"));
    }

    [Fact]
    public void Sheet_of_other_tokens_is_refused()
    {
        Assert.Throws<ArgumentException>(() => KeptPictures.Sheet(Frames()[..1], [new("one", new KeptTokens(Grid, null))], 2));
        Assert.Throws<ArgumentException>(() => new KeptTokens(new TokenGrid(1, 2, 2), Plan()));
    }

    [Fact]
    public async Task Png_is_read_back_pixel_by_pixel()
    {
        using var data = new DataFolder();
        var random = new Random(1);
        byte[] pixels = new byte[37 * 23 * 3];
        random.NextBytes(pixels);
        await File.WriteAllBytesAsync(data.Path("p.png"), Png.Encode(new Frame(37, 23, pixels, 0, default)));

        using (var process = Process.Start("ffmpeg", ["-v", "error", "-xerror", "-err_detect", "crccheck+explode",
            "-i", data.Path("p.png"), "-f", "rawvideo", "-pix_fmt", "rgb24", data.Path("p.rgb")]))
        {
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }

        Assert.Equal(pixels, await File.ReadAllBytesAsync(data.Path("p.rgb")));
    }

    [Fact]
    public async Task Film_has_a_picture_a_frame_with_even_sides()
    {
        using var data = new DataFolder();
        KeptView[] views = [new("m", new KeptTokens(Grid, Plan()))];

        await VideoWriter.WriteAsync(data.Path("f.mp4"), KeptPictures.Film(Frames(), views), 2);

        SampledVideo<Frame> film = await new VideoReader().ReadAsync(data.Path("f.mp4"), new UniformSampler(2));
        Assert.Equal((2, 0, 0), (film.Selection.FrameCount, film.Info.Width % 2, film.Info.Height % 2));
    }

    [Fact]
    public async Task Film_of_nothing_is_refused()
    {
        await Assert.ThrowsAsync<WinnowException>(() => VideoWriter.WriteAsync("/nowhere/f.mp4", [], 2));
        var error = await Assert.ThrowsAsync<WinnowException>(() => VideoWriter.WriteAsync("/nowhere/f.mp4", Frames(), 2));

        Assert.Contains("/nowhere/f.mp4", error.Message);
    }
}
