using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Reporting;

/// <summary>Finds the failures that methods cause.</summary>
public static class Failures
{
    /// <summary>
    /// Questions that the baseline answers right and a setting wrong: of each setting the first few, at the largest retention
    /// first (where a failure is least expected).
    /// </summary>
    /// <param name="set">The set that the answers belong to.</param>
    /// <param name="answers">The last answer to each question under each setting.</param>
    /// <param name="perSetting">Most failures of one setting.</param>
    public static IReadOnlyList<MethodFailure> Of(QuestionSet set, IEnumerable<AnswerLine> answers, int perSetting)
    {
        AnswerLine[] lines = [.. answers];
        HashSet<string> right = [.. lines
            .Where(line => line.Method == MethodSetting.Baseline && line.Correct == true)
            .Select(line => line.Id)];
        Dictionary<string, Question> questions = set.Questions.ToDictionary(question => question.Id);
        return [.. lines.Where(line => line.Correct == false && right.Contains(line.Id) && questions.ContainsKey(line.Id))
            .GroupBy(line => (line.Method, line.Retention))
            .OrderByDescending(group => group.Key.Retention)
            .SelectMany(group => group.Take(perSetting))
            .Select(line => new MethodFailure(questions[line.Id], line.Method, line.Retention, Told(questions[line.Id], line)))];
    }

    private static string Told(Question question, AnswerLine line) =>
        line.LogLikelihoods.Count > 0 && line.Letter is { } letter && letter - 'A' < question.Options.Count
            ? question.Options[letter - 'A']
            : line.Reply;
}
