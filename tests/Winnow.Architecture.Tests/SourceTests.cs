using System.Text.RegularExpressions;
using Winnow.Tests;

namespace Winnow.Architecture.Tests;

/// <summary>House rules that the compiler does not know.</summary>
public sealed partial class SourceTests
{
    private const int LongestFile = 400;

    private static IEnumerable<string> Sources() =>
        Directory.EnumerateFiles(Repository.Path("src"), "*.cs", SearchOption.AllDirectories);

    [Fact]
    public void Source_files_stay_readable_in_one_sitting()
    {
        IEnumerable<string> longFiles = Sources().Where(file => File.ReadLines(file).Count() > LongestFile)
            .Select(file => Path.GetRelativePath(Repository.Root, file));

        Assert.Empty(longFiles);
    }

    [Fact]
    public void Source_files_hold_no_task_markers()
    {
        IEnumerable<string> marked = Sources().Where(file => TaskMarker().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Repository.Root, file));

        Assert.Empty(marked);
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex TaskMarker();
}
