using System.Diagnostics;

namespace Winnow.Media.Tests.Decode;

/// <summary>A folder of small clips that ffmpeg draws for the tests; each is made once, when first asked for.</summary>
public sealed class ClipFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-clips-").FullName;

    /// <summary>Remembers that ffmpeg was checked, which saves each test a process.</summary>
    public FfmpegTools Tools { get; } = new();

    /// <summary>A path in the folder.</summary>
    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>A moving test picture, written with the given output options.</summary>
    public string Draw(string name, string size = "64x48", int rate = 5, int seconds = 2, string[]? options = null) =>
        Make(name, ["-f", "lavfi", "-i", $"testsrc=size={size}:rate={rate}:duration={seconds}", .. options ?? []]);

    /// <summary>Runs ffmpeg with the arguments and the clip's path as its output, unless the clip is there.</summary>
    public string Make(string name, params string[] arguments)
    {
        string path = PathOf(name);
        if (!File.Exists(path))
            Run("ffmpeg", ["-nostdin", "-v", "error", .. arguments, "file:" + path]);
        return path;
    }

    /// <summary>Writes a file.</summary>
    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(PathOf(name), content);
        return PathOf(name);
    }

    /// <summary>Writes a shell script that may be run.</summary>
    public string Script(string name, string body)
    {
        string path = Write(name, System.Text.Encoding.UTF8.GetBytes("#!/bin/sh\n" + body + "\n"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Every frame as ffmpeg's default conversion gives it, one after another: what the reader is compared with.</summary>
    public static byte[] AllFrames(string path) => Run(
        "ffmpeg",
        ["-nostdin", "-v", "error", "-i", "file:" + path, "-map", "0:V:0", "-vsync", "passthrough",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output.ToArray();
    }
}
