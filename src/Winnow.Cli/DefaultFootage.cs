namespace Winnow.Cli;

/// <summary>The clips that come with Winnow for measuring: real footage, and drawn shapes before a still background.</summary>
internal static class DefaultFootage
{
    /// <summary>Their files: beside the program, where the build puts them.</summary>
    /// <exception cref="WinnowException">One is not there.</exception>
    public static IReadOnlyList<string> Files =>
    [
        .. ((string[])["bigbuckbunny.mp4", "shapes.mp4"]).Select(name =>
        {
            string file = Path.Combine(AppContext.BaseDirectory, "footage", name);
            return File.Exists(file)
                ? file
                : throw new WinnowException($"The clip {file} is missing; build again, or name a video with --video FILE.");
        }),
    ];
}
