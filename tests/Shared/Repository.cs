namespace Winnow.Tests;

/// <summary>Where the tests' data lies: the checkout that this assembly was built from.</summary>
internal static class Repository
{
    /// <summary>The folder that holds Winnow.slnx.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path below the root, with '/' between its parts.</summary>
    public static string Path(string relative) =>
        System.IO.Path.Combine(Root, relative.Replace('/', System.IO.Path.DirectorySeparatorChar));

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Winnow.slnx")))
                return folder.FullName;
        throw new InvalidOperationException($"No Winnow.slnx above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
