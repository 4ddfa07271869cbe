using Winnow.Evaluation.Reporting;
using Winnow.Evaluation.Running;

namespace Winnow.Cli;

/// <summary>What a run of questions gave.</summary>
/// <param name="Content">Table and notes.</param>
/// <param name="Answers">Every answer of the plan.</param>
internal sealed record EvaluationOutcome(ReportContent Content, IReadOnlyList<AnswerLine> Answers);
