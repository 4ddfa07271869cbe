namespace Winnow.Evaluation.Benchmarks;

/// <summary>Finds video files whose ending or folder differs between copies of a benchmark; names are compared case-sensitively.</summary>
internal static class VideoFiles
{
    private static readonly string[] Endings = [".mp4", ".MP4", ".mkv", ".webm", ".avi"];

    /// <summary>The file of that name in the first folder that has it.</summary>
    /// <param name="name">Name with or without an ending.</param>
    /// <param name="folders">Folders in the order of preference; at least one.</param>
    /// <returns>An existing file, or else the path where it is expected.</returns>
    public static string Find(string name, params ReadOnlySpan<string> folders)
    {
        foreach (string folder in folders)
            foreach (string candidate in Candidates(name))
                if (File.Exists(Path.Combine(folder, candidate)))
                    return Path.GetFullPath(Path.Combine(folder, candidate));
        return Path.GetFullPath(Path.Combine(folders[0], Candidates(name)[0]));
    }

    private static string[] Candidates(string name) =>
        Endings.Contains(Path.GetExtension(name))
            ? [name, .. Endings.Select(ending => Path.ChangeExtension(name, ending))]
            : [.. Endings.Select(ending => name + ending)];
}
