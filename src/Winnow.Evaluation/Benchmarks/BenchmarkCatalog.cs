namespace Winnow.Evaluation.Benchmarks;

/// <summary>Every layout that this build reads.</summary>
public static class BenchmarkCatalog
{
    /// <summary>The benchmarks, in the order in which a folder is compared with them.</summary>
    public static IReadOnlyList<IBenchmark> All { get; } =
        [new OwnQuestions(), new LongVideoBench(), new Mlvu(), new MvBench(), new EgoSchema(), new NextQa(), new VideoMme()];

    /// <summary>Reads the question set that a folder holds.</summary>
    /// <param name="folder">Root of the user's copy.</param>
    /// <param name="name">Name of the benchmark; null to recognise the layout.</param>
    /// <param name="options">Part and wording.</param>
    /// <exception cref="WinnowException">The folder is missing, its layout is unknown, or a row is malformed.</exception>
    public static QuestionSet Read(string folder, string? name, BenchmarkOptions options)
    {
        if (!Directory.Exists(folder))
            throw new WinnowException($"There is no folder {folder}; a question set is a folder in one of these layouts: {Layouts()}.");
        IBenchmark benchmark = name is null
            ? All.FirstOrDefault(candidate => candidate.Recognises(folder))
                ?? throw new WinnowException($"{folder} is in no known layout; known are: {Layouts()}.")
            : All.FirstOrDefault(candidate => candidate.Name == name)
                ?? throw new WinnowException(
                    $"There is no benchmark {name}; known are {string.Join(", ", All.Select(candidate => candidate.Name))}.");
        if (options.Subtitles != SubtitlePlacement.None && !benchmark.SubtitlePlaces.Contains(options.Subtitles))
            throw new WinnowException(
                $"{benchmark.Name} has no rule for subtitles {Words(options.Subtitles)}; "
                    + $"it can have {string.Join(" or ", benchmark.SubtitlePlaces.Append(SubtitlePlacement.None).Select(Words))}.");
        QuestionSet set = benchmark.Read(folder, options);
        if (set.Questions.Count == 0)
            throw new WinnowException($"{folder} ({set.Name}, {set.Split}) holds no question.");
        foreach (IGrouping<string, Question> twins in set.Questions.GroupBy(question => question.Id).Where(group => group.Skip(1).Any()))
            throw new WinnowException($"{twins.Last().Source}: the id {twins.Key} stands twice; ids must be unique.");
        return set;
    }

    private static string Words(SubtitlePlacement placement) => placement switch
    {
        SubtitlePlacement.AfterVideo => "after the video",
        SubtitlePlacement.Interleaved => "interleaved with the frames",
        _ => "none",
    };

    private static string Layouts() => string.Join("; ", All.Select(benchmark => $"{benchmark.Name} ({benchmark.Layout})"));
}
