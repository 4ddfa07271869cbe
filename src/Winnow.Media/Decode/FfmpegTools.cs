namespace Winnow.Media;

/// <summary>The two programs that read videos: ffmpeg and ffprobe, of one installation.</summary>
/// <remarks>
/// A bare name is looked for where .NET looks for programs: beside this program, in the current folder, on the PATH. Nothing runs before
/// the first video is read; the version found then is remembered by this instance. Safe to share between threads.
/// </remarks>
public sealed class FfmpegTools
{
    /// <summary>What a user without ffmpeg should run.</summary>
    internal const string InstallRemedy =
        "install it with `apt-get install ffmpeg` (or your system's package), or give the path of the program";

    private FfmpegVersion? _version;

    /// <summary>Names the programs.</summary>
    /// <param name="ffmpegPath">Path of ffmpeg, or a bare name to look for on the PATH.</param>
    /// <param name="ffprobePath">Path of ffprobe, or a bare name to look for on the PATH.</param>
    public FfmpegTools(string ffmpegPath = "ffmpeg", string ffprobePath = "ffprobe")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ffmpegPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(ffprobePath);
        (FfmpegPath, FfprobePath) = (ffmpegPath, ffprobePath);
    }

    /// <summary>Path or name of ffmpeg.</summary>
    public string FfmpegPath { get; }

    /// <summary>Path or name of ffprobe.</summary>
    public string FfprobePath { get; }

    /// <summary>Makes sure that ffmpeg runs and is recent enough.</summary>
    /// <returns>The version as the program states it, such as <c>5.1.9-0+deb12u1</c>.</returns>
    /// <exception cref="WinnowException">ffmpeg is absent, does not run, or is older than 4.2.</exception>
    public async Task<string> CheckAsync(CancellationToken cancellationToken = default) =>
        (await VersionAsync(cancellationToken).ConfigureAwait(false)).Text;

    internal async Task<FfmpegVersion> VersionAsync(CancellationToken cancellationToken)
    {
        if (_version is { } known)
            return known;
        await using ToolProcess process = ToolProcess.Start(FfmpegPath, ["-version"], cancellationToken);
        string text = await process.ReadTextAsync().ConfigureAwait(false);
        int exitCode = await process.WaitAsync().ConfigureAwait(false);
        if (FfmpegVersion.Parse(text) is not { } version)
            throw new WinnowException($"{FfmpegPath} does not answer `-version` as ffmpeg does (exit code {exitCode}); {InstallRemedy}.");
        if (version.IsTooOld)
            throw new WinnowException(
                $"{FfmpegPath} is version {version.Text}; Winnow needs {FfmpegVersion.MinimumText} or newer: {InstallRemedy}.");
        return _version = version;
    }
}
