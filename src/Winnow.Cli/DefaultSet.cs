namespace Winnow.Cli;

/// <summary>The question set that comes with Winnow.</summary>
internal static class DefaultSet
{
    /// <summary>Its folder: beside the program, where the build puts it.</summary>
    /// <exception cref="WinnowException">It is not there.</exception>
    public static string Folder
    {
        get
        {
            string folder = Path.Combine(AppContext.BaseDirectory, "eval", "tinyworld");
            return Directory.Exists(folder)
                ? folder
                : throw new WinnowException($"The embedded question set is missing at {folder}; build again, or name a set.");
        }
    }
}
