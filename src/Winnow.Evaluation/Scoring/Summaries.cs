using Winnow.Evaluation.Running;

namespace Winnow.Evaluation;

/// <summary>Answers become rows of the result table.</summary>
public static class Summaries
{
    /// <summary>Share by which the mean number of tokens may miss the budget before a comparison counts as unequal.</summary>
    public const double BudgetTolerance = 0.01;

    /// <summary>
    /// Summarises the answers to the questions of a set, one row a setting: the baseline first, then in the order of the answers.
    /// </summary>
    /// <param name="set">The set with its aggregation.</param>
    /// <param name="answers">The last answer to each question under each setting; those to questions outside the set are left out.</param>
    /// <param name="scorer">How the answers were judged.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    public static IReadOnlyList<SettingSummary> Of(QuestionSet set, IEnumerable<AnswerLine> answers, Scorer scorer, int seed = 0)
    {
        (AnswerLine[][] settings, Dictionary<string, Question> questions, Comparison comparison) = Arrange(set, answers, seed);
        return [.. settings.Select(lines => Summarise(lines, set, questions, scorer, comparison))];
    }

    /// <summary>
    /// How sure it is, for each setting, that it keeps a share of the baseline's accuracy: the share of bootstrap draws in which it does.
    /// </summary>
    /// <param name="set">As for <see cref="Of"/>.</param>
    /// <param name="answers">As for <see cref="Of"/>.</param>
    /// <param name="target">The share, such as 0.99.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <returns>In [0, 1], by method and retention.</returns>
    public static IReadOnlyDictionary<(string Method, double Retention), double> Certainties(
        QuestionSet set, IEnumerable<AnswerLine> answers, double target, int seed = 0)
    {
        (AnswerLine[][] settings, _, Comparison comparison) = Arrange(set, answers, seed);
        return settings.ToDictionary(lines => (lines[0].Method, lines[0].Retention), lines => comparison.Certainty(Judged(lines), target));
    }

    private static (AnswerLine[][] Settings, Dictionary<string, Question> Questions, Comparison Comparison) Arrange(
        QuestionSet set, IEnumerable<AnswerLine> answers, int seed)
    {
        Dictionary<string, Question> questions = set.Questions.ToDictionary(question => question.Id);
        Dictionary<string, int> order = set.Questions.Select((question, index) => (question.Id, index))
            .ToDictionary(pair => pair.Id, pair => pair.index);
        AnswerLine[][] settings = [.. answers.Where(line => questions.ContainsKey(line.Id))
            .GroupBy(line => (line.Method, line.Retention))
            .Select(group => group.OrderBy(line => order[line.Id]).ToArray())
            .OrderBy(lines => lines[0].Method == MethodSetting.Baseline ? 0 : 1)];
        return (settings, questions, new Comparison(
            questions, set.Protocol.Aggregation, settings.FirstOrDefault(lines => lines[0].Method == MethodSetting.Baseline), seed));
    }

    private static AnswerLine[] Judged(AnswerLine[] lines) => [.. lines.Where(line => line.Error is null && line.Correct is not null)];

    private static SettingSummary Summarise(
        AnswerLine[] lines, QuestionSet set, Dictionary<string, Question> questions, Scorer scorer, Comparison comparison)
    {
        AnswerLine[] answered = [.. lines.Where(line => line.Error is null)];
        AnswerLine[] judged = Judged(lines);
        double whole = Mean(line => line.WholeTokens), kept = Mean(line => line.VisualTokens);
        double budget = Mean(line => Math.Max(1, Math.Floor(line.Retention * line.WholeTokens)));
        double overBudget = budget > 0 ? kept / budget - 1 : 0;
        double? accuracy = Accuracy(judged, questions, set.Protocol.Aggregation);
        (double? share, double? low, double? high) = comparison.Kept(judged);
        return new SettingSummary
        {
            Method = lines[0].Method,
            Retention = lines[0].Retention,
            AppliedRetention = Mean(line => line.AppliedRetention),
            Questions = judged.Length,
            Errors = lines.Length - answered.Length,
            Unparsed = scorer == Scorer.Letter ? answered.Count(line => line.Letter is null) : 0,
            Accuracy = accuracy,
            HarnessScore = HarnessScore(judged, questions, set) ?? accuracy * set.Protocol.Aggregation.Scale,
            AccuracyKept = share,
            Low = low,
            High = high,
            VisualTokens = kept,
            WholeTokens = whole,
            OverBudget = overBudget,
            MeetsBudget = Math.Abs(overBudget) <= BudgetTolerance,
            PromptTokens = Mean(line => line.PromptTokens),
            PrefillFlops = Mean(line => line.PrefillFlops),
            CacheBytes = Mean(line => line.CacheBytes),
            PeakBytes = answered.Select(line => line.PeakBytes).DefaultIfEmpty().Max(),
            DecodeMs = Mean(line => line.DecodeMs),
            EncodeMs = Mean(line => line.EncodeMs),
            ReduceMs = Mean(line => line.ReduceMs),
            PrefillMs = Mean(line => line.PrefillMs),
            GenerateMs = Mean(line => line.GenerateMs),
            Groups = Groups(judged, questions),
        };

        double Mean(Func<AnswerLine, double> value) => answered.Length == 0 ? 0 : answered.Average(value);
    }

    internal static double? Accuracy(
        IReadOnlyCollection<AnswerLine> judged, Dictionary<string, Question> questions, Aggregation aggregation) =>
        judged.Count == 0 ? null
        : aggregation.MeanOver is { } group ? judged.GroupBy(line => questions[line.Id].Groups[group]).Average(Share)
        : Share(judged);

    // MVBench's harness takes empty replies out of each subtask; Winnow counts them as wrong and shows both.
    private static double? HarnessScore(AnswerLine[] judged, Dictionary<string, Question> questions, QuestionSet set) =>
        set.Protocol.HarnessParser is Parsing.MvBenchParser
            ? Accuracy(
                [.. judged.Where(line => line.Reply.Length > 0 || line.LogLikelihoods.Count > 0)],
                questions,
                set.Protocol.Aggregation) * set.Protocol.Aggregation.Scale
            : null;

    private static GroupScore[] Groups(AnswerLine[] judged, Dictionary<string, Question> questions) =>
        [.. from line in judged
            from pair in questions[line.Id].Groups
            group line by (pair.Key, pair.Value) into members
            orderby members.Key.Key, members.Key.Value
            select new GroupScore(members.Key.Key, members.Key.Value, Share(members), members.Count())];

    private static double Share(IEnumerable<AnswerLine> judged) => judged.Average(line => line.Correct == true ? 1.0 : 0.0);
}
