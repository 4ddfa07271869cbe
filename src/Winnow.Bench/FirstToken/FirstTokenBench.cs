using System.Diagnostics;
using Winnow.Engine;
using Winnow.Models.Configuration;
using Winnow.Models.Families;
using Winnow.Models.Tokenize;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>
/// <c>winnow bench ttft</c>: the time from the call to the first token of an answer about a video, with everything in it, dense and
/// reduced. The path is the engine's own; only the weights are made up.
/// </summary>
public static class FirstTokenBench
{
    private const int Seed = 1;

    // Enough for the runtime to have compiled what both paths use, and for weights and buffers to be in memory.
    private const int WarmUpFrames = 2;

    /// <summary>Runs both paths once for every video, after a short one of each that does not count.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="progress">Receives a line before each step; null for none.</param>
    /// <param name="cancellation">Ends the run between two frames.</param>
    /// <exception cref="WinnowException">A video cannot be decoded, or the configuration cannot run the methods.</exception>
    public static async Task<FirstTokenReport> RunAsync(
        FirstTokenOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        var total = Stopwatch.StartNew();
        progress?.Report($"weights of {options.Configuration.Name}");
        (int threads, string path) = (0, "");
        using var engine = VideoEngine.Build(options.LanguageFolder, (compute, template) =>
        {
            (threads, path) = (compute.Threads, compute.Path.ToString().ToLowerInvariant());
            return Model(options, compute, template);
        }, new EngineOptions { Threads = options.Threads });
        if (engine.Refusal(options.Choice.Reducer?.Needs ?? []) is { } refusal)
            throw new WinnowException(refusal);

        progress?.Report("warming up");
        foreach (ReductionChoice choice in (ReductionChoice[])[options.Choice, ReductionChoice.None])
            await AskAsync(
                engine, options.Videos[0], Math.Min(WarmUpFrames, options.Frames),
                options.Question, choice, null, cancellation).ConfigureAwait(false);
        var clips = new List<FirstTokenClip>();
        foreach (string video in options.Videos)
        {
            FirstTokenPath reduced = await MeasureAsync("reduced", options.Choice, video).ConfigureAwait(false);
            FirstTokenPath dense = await MeasureAsync("dense", ReductionChoice.None, video).ConfigureAwait(false);
            clips.Add(new FirstTokenClip(Path.GetFileName(video), dense, reduced));
        }
        return new FirstTokenReport(
            options.Configuration.Name, options.Weights.ToString().ToLowerInvariant(), threads, path, clips, total.Elapsed.TotalSeconds);

        Task<FirstTokenPath> MeasureAsync(string name, ReductionChoice choice, string video)
        {
            progress?.Report($"{Path.GetFileName(video)}, {name}");
            return AskAsync(
                engine, video, options.Frames, options.Question, choice,
                progress is null ? null : new FrameProgress(progress, name), cancellation);
        }
    }

    private static LlavaOneVision Model(FirstTokenOptions options, Compute compute, ChatTemplate template)
    {
        LlavaOneVisionConfig config = options.Configuration.Model;
        int side = config.Vision.ImageSide;
        return new LlavaOneVision(
            config with { VideoTokenId = template.VideoPlaceholder },
            new PixelSettings { Height = side, Width = side },
            new RandomWeights(options.Weights, Seed),
            compute);
    }

    private static async Task<FirstTokenPath> AskAsync(
        VideoEngine engine, string video, int frames, string question,
        ReductionChoice choice, IProgress<int>? progress, CancellationToken cancellation)
    {
        EncodeOptions encode = new EncodeOptions { Frames = frames, Question = question }.For(choice);
        var clock = Stopwatch.StartNew();
        EncodedClip clip = await engine.EncodeAsync(video, encode, progress, cancellation).ConfigureAwait(false);
        using Conversation conversation = engine.Start(clip, choice);
        await foreach (string _ in conversation.AskAsync(
            question, new AnswerOptions { MaximumTokens = 1 }, cancellation).ConfigureAwait(false))
        {
            // What made-up weights say is of no interest, only when.
        }
        return FirstTokenPath.Of(conversation.Account!, clock.Elapsed);
    }

    /// <summary>Every eighth frame becomes a line.</summary>
    private sealed class FrameProgress(IProgress<string> lines, string name) : IProgress<int>
    {
        private const int Every = 8;

        public void Report(int value)
        {
            if (value % Every == 0)
                lines.Report($"  {name}: {value} frames encoded");
        }
    }
}
