namespace Winnow.Cli;

/// <summary>The tiny checkpoint that comes with Winnow.</summary>
internal static class DefaultModel
{
    /// <summary>Its folder: beside the program, where the build puts it.</summary>
    /// <exception cref="WinnowException">It is not there.</exception>
    public static string Folder
    {
        get
        {
            string folder = Path.Combine(AppContext.BaseDirectory, "models", "tiny");
            return Directory.Exists(folder)
                ? folder
                : throw new WinnowException($"The tiny model is missing at {folder}; build again, or give a model with --model DIR.");
        }
    }
}
