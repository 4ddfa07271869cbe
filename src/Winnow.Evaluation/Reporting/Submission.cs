using System.Text.Json;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Reporting;

/// <summary>Files for the servers of benchmarks whose right answers are hidden: they count; Winnow prints no accuracy.</summary>
public static class Submission
{
    private const int NoLetter = -1;

    /// <summary>EgoSchema's form: an object from the video's id to the chosen option, 0 to 4, or -1 where the reply names none.</summary>
    /// <param name="answers">The answers under one setting.</param>
    public static string EgoSchema(IEnumerable<AnswerLine> answers) =>
        JsonSerializer.Serialize(answers.ToDictionary(line => line.Id, line => line.Letter is { } letter ? letter - 'A' : NoLetter));

    /// <summary>LongVideoBench's form: an object from the question's id to the reply.</summary>
    /// <param name="answers">The answers under one setting.</param>
    public static string LongVideoBench(IEnumerable<AnswerLine> answers) =>
        JsonSerializer.Serialize(answers.ToDictionary(line => line.Id, line => line.Reply));

    /// <summary>Writes a file for each setting where the set's right answers are hidden.</summary>
    /// <param name="set">The set.</param>
    /// <param name="answers">Every answer.</param>
    /// <param name="folder">Where the files go.</param>
    /// <returns>The files; none where the right answers are known, or the set has no server.</returns>
    public static IReadOnlyList<string> Write(QuestionSet set, IEnumerable<AnswerLine> answers, string folder)
    {
        Func<IEnumerable<AnswerLine>, string>? form = (set.HasAnswers, set.Name) switch
        {
            (false, "egoschema") => EgoSchema,
            (false, "longvideobench") => LongVideoBench,
            _ => null,
        };
        if (form is null)
            return [];
        var files = new List<string>();
        foreach (IGrouping<(string Method, double Retention), AnswerLine> setting in answers
            .Where(line => line.Error is null)
            .GroupBy(line => (line.Method, line.Retention)))
        {
            string file = Path.Combine(
                folder, FormattableString.Invariant($"{set.Name}-{set.Split}-{setting.Key.Method}-{setting.Key.Retention}.json"));
            File.WriteAllText(file, form(setting));
            files.Add(file);
        }
        return files;
    }
}
