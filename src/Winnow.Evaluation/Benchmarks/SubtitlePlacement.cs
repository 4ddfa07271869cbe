namespace Winnow.Evaluation.Benchmarks;

/// <summary>Where a video's subtitles stand in the prompt.</summary>
public enum SubtitlePlacement
{
    /// <summary>Nowhere: what papers report.</summary>
    None,

    /// <summary>Behind the whole video, in front of the question.</summary>
    AfterVideo,

    /// <summary>Between the frames, each at its time.</summary>
    Interleaved,
}
