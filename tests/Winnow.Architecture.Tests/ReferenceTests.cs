using System.Xml.Linq;
using Winnow.Tests;

namespace Winnow.Architecture.Tests;

/// <summary>Who may reference whom: the arrows of docs/architecture.md. A new arrow is a decision, so it is written here first.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Winnow.Abstractions"] = [],
        ["Winnow.Numerics"] = [],
        ["Winnow.Primitives"] = ["Winnow.Abstractions", "Winnow.Numerics"],
        ["Winnow.Methods"] = ["Winnow.Abstractions", "Winnow.Primitives"],
        ["Winnow.Media"] = ["Winnow.Abstractions"],
        ["Winnow.Models"] = ["Winnow.Abstractions", "Winnow.Numerics"],
        ["Winnow.Engine"] = ["Winnow.Abstractions", "Winnow.Numerics", "Winnow.Media", "Winnow.Models"],
        ["Winnow.Verification"] =
            ["Winnow.Abstractions", "Winnow.Numerics", "Winnow.Primitives", "Winnow.Methods", "Winnow.Media", "Winnow.Models"],
        ["Winnow.Evaluation"] = ["Winnow.Abstractions", "Winnow.Engine", "Winnow.Methods"],
        ["Winnow.Bench"] = ["Winnow.Abstractions", "Winnow.Numerics", "Winnow.Models", "Winnow.Methods", "Winnow.Engine"],
        ["Winnow.Cli"] = ["Winnow.Engine", "Winnow.Methods", "Winnow.Verification", "Winnow.Evaluation", "Winnow.Bench"],
    };

    public static TheoryData<string> Projects()
    {
        var names = new TheoryData<string>();
        foreach (string file in Directory.EnumerateFiles(Repository.Path("src"), "*.csproj", SearchOption.AllDirectories))
            names.Add(Path.GetFileNameWithoutExtension(file));
        return names;
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_references_only_what_the_architecture_allows(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} is new: add its allowed references here and in docs/architecture.md.");

        string[] references = [.. XDocument.Load(Repository.Path($"src/{project}/{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(element => Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value))];

        Assert.Empty(references.Except(Allowed[project]));
    }

    [Fact]
    public void Allowed_references_have_no_cycle()
    {
        var settled = new HashSet<string>();
        while (settled.Count < Allowed.Count)
        {
            string[] next =
                [.. Allowed.Where(pair => !settled.Contains(pair.Key) && pair.Value.All(settled.Contains)).Select(pair => pair.Key)];
            Assert.NotEmpty(next);
            settled.UnionWith(next);
        }
    }
}
