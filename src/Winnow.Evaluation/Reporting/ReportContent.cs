using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Reporting;

/// <summary>What a report shows.</summary>
public sealed record ReportContent
{
    /// <summary>The set.</summary>
    public required QuestionSet Set { get; init; }

    /// <summary>The rows of the table.</summary>
    public required IReadOnlyList<SettingSummary> Results { get; init; }

    /// <summary>The starts that the answers come from; at least one.</summary>
    public required IReadOnlyList<RunStart> Starts { get; init; }

    /// <summary>What the machine can do at most, by name; empty where it was not measured.</summary>
    public IReadOnlyDictionary<string, string> Ceiling { get; init; } = new Dictionary<string, string>();

    /// <summary>Methods that were left out, and why.</summary>
    public IReadOnlyList<(string Method, string Reason)> Refused { get; init; } = [];

    /// <summary>Failures that methods cause.</summary>
    public IReadOnlyList<MethodFailure> Failures { get; init; } = [];

    /// <summary>
    /// What a reader must know before comparing rows, one sentence each: unequal budgets, errors, defects of the data, methods left out.
    /// </summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            var notes = new List<string>();
            SettingSummary[] beside = [.. Results.Where(row => !row.MeetsBudget)];
            if (beside.Length > 0)
                notes.Add(
                    $"Unequal budgets: {beside.Length} of {Results.Count} rows miss their number of tokens by more than "
                        + $"{Summaries.BudgetTolerance:P0} and are marked; comparing them at one retention compares unequal budgets.");
            int errors = Results.Sum(row => row.Errors);
            if (errors > 0)
                notes.Add(
                    $"{errors} questions ended in an error (a missing video, say) "
                        + "and count neither as right nor as wrong; the journal names each.");
            int machines = Starts
                .Select(start => string.Join('\n', start.Machine.OrderBy(fact => fact.Key, StringComparer.Ordinal)))
                .Distinct().Count();
            if (machines > 1)
                notes.Add($"Answers come from {machines} machines: accuracy and tokens compare, times are a mix of theirs.");
            if (!Set.HasAnswers)
                notes.Add(
                    $"The right answers of {Set.Name}/{Set.Split} are hidden: there is no accuracy, only a file for the authors' server.");
            notes.AddRange(Set.Warnings);
            notes.AddRange(Refused.Select(item => $"{item.Method} was left out: {item.Reason}"));
            return notes;
        }
    }
}
