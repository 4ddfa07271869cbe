using System.Diagnostics;

namespace Winnow.Evaluation.Tests.Reporting;

/// <summary>Headless Chromium, and ffmpeg to look at its pictures.</summary>
internal static class Browser
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private static readonly string[] Common =
        ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000"];

    /// <summary>The page as it stands once its scripts have run.</summary>
    public static string Dom(string file, string profile) =>
        Run(Program(), [.. Common, $"--user-data-dir={profile}", "--dump-dom", $"file://{file}"]);

    /// <summary>A picture of the page, <c>[height, width, 3]</c>.</summary>
    public static byte[] Screenshot(string file, string theme, int width, int height, string profile)
    {
        string picture = Path.Combine(profile, $"{theme}.png");
        Run(Program(), [.. Common, $"--user-data-dir={profile}", $"--window-size={width},{height}",
            $"--screenshot={picture}", $"file://{file}?theme={theme}"]);
        string raw = Path.ChangeExtension(picture, ".rgb");
        Run("ffmpeg", ["-v", "error", "-y", "-i", picture, "-f", "rawvideo", "-pix_fmt", "rgb24", raw]);
        return File.ReadAllBytes(raw);
    }

    private static string Program() => Names
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(
            "The report is tested in a real browser, and there is none: apt-get install chromium (./test does it where it may).");

    private static string Run(string program, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
