namespace Winnow.Evaluation;

/// <summary>Accuracy of one value of a group, such as the task "colour".</summary>
/// <param name="Group">Name of the group, such as <c>task</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="Accuracy">Share of right answers.</param>
/// <param name="Questions">Number of questions, at least 1.</param>
public sealed record GroupScore(string Group, string Value, double Accuracy, int Questions);
