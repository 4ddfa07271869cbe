using Spectre.Console;
using Winnow.Engine;

namespace Winnow.Cli;

/// <summary>Encodes a video and shows on standard error how far it is, where a person is looking.</summary>
internal static class EncodingProgress
{
    public static async Task<EncodedClip> RunAsync(
        VideoEngine engine, string video, EncodeOptions options, bool quiet, CancellationToken cancellation)
    {
        if (quiet || Console.IsErrorRedirected)
            return await engine.EncodeAsync(video, options, null, cancellation);
        EncodedClip? clip = null;
        await Terminal.Error.Status().StartAsync("decoding", async status =>
        {
            var progress = new ImmediateProgress<int>(frames => status.Status($"encoded {frames} frames"));
            clip = await engine.EncodeAsync(video, options, progress, cancellation);
        });
        if (clip!.Damage is { } damage)
            Terminal.Error.WriteLine($"winnow: {damage}");
        return clip;
    }
}
