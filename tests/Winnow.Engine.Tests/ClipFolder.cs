using System.Diagnostics;

namespace Winnow.Engine.Tests;

/// <summary>A folder of small lossless clips that ffmpeg draws for the tests; each is made once, when first asked for.</summary>
public sealed class ClipFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-engine-clips-").FullName;

    /// <summary>Draws what a filter graph of ffmpeg's says.</summary>
    public string Draw(string name, string graph)
    {
        string path = Path.Combine(_folder, name);
        if (File.Exists(path))
            return path;
        // FFV1 in RGB, so that what stands still is the same in every frame.
        using var process = Process.Start(new ProcessStartInfo(
            "ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i", graph, "-c:v", "ffv1", "-pix_fmt", "bgr0", "file:" + path])
        { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
