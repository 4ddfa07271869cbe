using Winnow.Evaluation.Benchmarks;
using Winnow.Tests;

namespace Winnow.Evaluation.Tests;

/// <summary>A temporary folder that a test fills with rows and stand-in clips in a benchmark's layout.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("winnow-eval-").FullName;

    public string Path(string relative) => System.IO.Path.Combine(Root, relative);

    public DataFolder Write(string relative, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(relative))!);
        File.WriteAllText(Path(relative), text);
        return this;
    }

    /// <summary>A real clip of the embedded set under another name.</summary>
    public DataFolder Clip(string relative)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(relative))!);
        File.Copy(Repository.Path("eval/tinyworld/videos/0000.mp4"), Path(relative));
        return this;
    }

    public QuestionSet Read(BenchmarkOptions? options = null, string? name = null) =>
        BenchmarkCatalog.Read(Root, name, options ?? new BenchmarkOptions());

    public void Dispose() => Directory.Delete(Root, true);
}
