namespace Winnow.Evaluation.Benchmarks;

/// <summary>Which part of a benchmark is read, and in which wording.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Part of the benchmark, such as <c>val</c>; null for the one that papers report.</summary>
    public string? Split { get; init; }

    /// <summary>The generation of the usual harness whose prompts and parsers are followed.</summary>
    public HarnessVersion Harness { get; init; } = HarnessVersion.Current;

    /// <summary>Use the wording for LLaVA-Video where a benchmark has one of its own for it (Video-MME).</summary>
    public bool LlavaVideoWording { get; init; }

    /// <summary>
    /// Where subtitles stand in the prompt, where the benchmark has a rule for it: Video-MME behind the video, LongVideoBench either way.
    /// </summary>
    public SubtitlePlacement Subtitles { get; init; } = SubtitlePlacement.None;

    /// <summary>Add the sentence that asks for a letter where the benchmark's prompt has none (NExT-QA, as many papers do).</summary>
    public bool AskForLetter { get; init; }

    /// <summary>Seed of the random options that some parsers give to replies without a letter.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Number of frames and frames a second of a video file, for rules that select by frame; null where the caller has no decoder.
    /// </summary>
    public Func<string, (int Frames, double FramesPerSecond)>? Probe { get; init; }
}
