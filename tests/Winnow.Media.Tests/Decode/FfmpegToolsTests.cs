namespace Winnow.Media.Tests.Decode;

public sealed class FfmpegToolsTests(ClipFolder clips) : IClassFixture<ClipFolder>
{
    [Fact]
    public async Task Installed_ffmpeg_passes_the_check() => Assert.NotEmpty(await new FfmpegTools().CheckAsync());

    [Theory]
    [InlineData("ffmpeg version 5.1.9-0+deb12u1 Copyright", 5, 1)]
    [InlineData("ffmpeg version 4.2.7-0ubuntu0.1 Copyright", 4, 2)]
    [InlineData("ffmpeg version n7.0 Copyright", 7, 0)]
    [InlineData("ffmpeg version 8 Copyright", 8, 0)]
    [InlineData("ffmpeg version 7.1.1-essentials_build-www.gyan.dev Copyright", 7, 1)]
    [InlineData("ffmpeg version N-118193-g5f38c82536 Copyright", int.MaxValue, 0)]
    [InlineData("ffmpeg version 2024-06-21-git-d45e20c37b-full_build Copyright", int.MaxValue, 0)]
    public void Version_is_read_from_the_first_line(string line, int major, int minor)
    {
        FfmpegVersion version = FfmpegVersion.Parse(line + "\nbuilt with gcc")!;

        Assert.Equal((major, minor), (version.Major, version.Minor));
    }

    [Theory]
    [InlineData("4.1.9", true, "-vsync")]
    [InlineData("3.4", true, "-vsync")]
    [InlineData("4.2", false, "-vsync")]
    [InlineData("5.0.3", false, "-vsync")]
    [InlineData("5.1", false, "-fps_mode")]
    [InlineData("N-118193-g5f38c82536", false, "-fps_mode")]
    public void Version_decides_what_is_too_old_and_which_option_is_known(string text, bool isTooOld, string option)
    {
        FfmpegVersion version = FfmpegVersion.Parse($"ffmpeg version {text} Copyright")!;

        Assert.Equal((isTooOld, option), (version.IsTooOld, version.FrameModeOption));
    }

    [Theory]
    [InlineData("")]
    [InlineData("avconv version 12.3")]
    public void Answer_of_another_program_is_no_version(string answer) => Assert.Null(FfmpegVersion.Parse(answer));

    [Fact]
    public async Task Absent_ffmpeg_is_reported_with_the_remedy() =>
        AssertRemedy(await Refusal(new FfmpegTools("no-such-ffmpeg")), "not found");

    [Fact]
    public async Task Absent_ffprobe_is_reported_with_the_remedy() =>
        AssertRemedy(await Refusal(new FfmpegTools(ffprobePath: clips.PathOf("no-such-ffprobe"))), "not found");

    [Fact]
    public async Task Program_that_may_not_be_run_is_reported() =>
        AssertRemedy(await Refusal(new FfmpegTools(clips.Write("unrunnable", [1]))), "permission denied");

    [Fact]
    public async Task Too_old_ffmpeg_is_reported_with_the_remedy()
    {
        string script = clips.Script("old", "echo 'ffmpeg version 2.8.15 Copyright'");

        AssertRemedy(await Refusal(new FfmpegTools(script)), "version 2.8.15; Winnow needs 4.2");
    }

    [Fact]
    public async Task Program_that_is_not_ffmpeg_is_reported() =>
        AssertRemedy(await Refusal(new FfmpegTools(clips.Script("other", "exit 3"))), "exit code 3");

    [Fact]
    public async Task Failing_ffmpeg_is_reported_by_its_first_words_though_it_floods_its_error_stream()
    {
        string script = clips.Script("noisy", """
            if [ "$1" = -version ]; then echo 'ffmpeg version 5.1 Copyright'; exit 0; fi
            echo '[h264 @ 0x55aa] first words' >&2
            i=0
            while [ $i -lt 5000 ]; do echo 'a long line to fill the pipe, over and over again, until it would block' >&2; i=$((i+1)); done
            exit 7
            """);

        string message = await Refusal(new FfmpegTools(script));

        Assert.Contains("exit code 7", message);
        Assert.Contains(": first words)", message);
    }

    [Fact]
    public async Task Cancelling_ends_the_program()
    {
        string pidPath = clips.PathOf("pid");
        string script = clips.Script("slow", $"""
            if [ "$1" = -version ]; then echo 'ffmpeg version 5.1 Copyright'; exit 0; fi
            echo $$ > '{pidPath}.part'; mv '{pidPath}.part' '{pidPath}'
            exec sleep 60
            """);
        using var cancellation = new CancellationTokenSource();

        Task reading = Read(new FfmpegTools(script), cancellation.Token);
        while (!File.Exists(pidPath))
            await Task.Delay(5);
        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.False(Directory.Exists("/proc/" + File.ReadAllText(pidPath).Trim()), "the program is still running");
    }

    [Fact]
    public async Task Cancelled_before_it_starts_nothing_runs() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Read(new FfmpegTools(), new CancellationToken(canceled: true)));

    [Fact]
    public async Task Failure_of_the_converter_reaches_the_caller()
    {
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            new VideoReader().ReadAsync<int>(Clip(), new UniformSampler(4), (_, _, _, _) => throw new InvalidOperationException("mine")));

        Assert.Equal("mine", error.Message);
    }

    private string Clip() => clips.Draw("tools.mp4", options: ["-pix_fmt", "yuv420p"]);

    private Task Read(FfmpegTools tools, CancellationToken cancellationToken = default) =>
        new VideoReader(tools).ReadAsync(Clip(), new UniformSampler(4), cancellationToken);

    private async Task<string> Refusal(FfmpegTools tools) => (await Assert.ThrowsAsync<WinnowException>(() => Read(tools))).Message;

    private static void AssertRemedy(string message, string reason)
    {
        Assert.Contains(reason, message);
        Assert.Contains("apt-get install ffmpeg", message);
        Assert.DoesNotContain('\n', message);
    }
}
