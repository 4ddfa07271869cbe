namespace Winnow.Evaluation.Benchmarks;

/// <summary>A benchmark as it lies on a user's disk: recognises its layout, reads its rows, says how they are asked and scored.</summary>
/// <remarks>
/// Nothing is downloaded and no row is changed. A video that is missing stays in the set; its
/// questions become error lines when they are run.
/// </remarks>
public interface IBenchmark
{
    /// <summary>Name on the command line, such as <c>video-mme</c>.</summary>
    string Name { get; }

    /// <summary>The layout in a few words, for the message that lists what is known.</summary>
    string Layout { get; }

    /// <summary>Where its prompt can have subtitles; empty where it has no rule for them.</summary>
    IReadOnlyList<SubtitlePlacement> SubtitlePlaces => [];

    /// <summary>Whether the folder holds this layout.</summary>
    bool Recognises(string folder);

    /// <summary>Reads the questions.</summary>
    /// <exception cref="WinnowException">A file is missing or a row is malformed; the message names file, row and field.</exception>
    QuestionSet Read(string folder, BenchmarkOptions options);
}
