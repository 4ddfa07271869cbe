namespace Winnow.Evaluation;

/// <summary>One question about one video, with its right answer.</summary>
/// <param name="Id">Unique in its set.</param>
/// <param name="Video">Path of the video, absolute.</param>
/// <param name="Task">Kind of question, for grouping.</param>
/// <param name="Text">The question as it is asked.</param>
/// <param name="Answer">The right answer.</param>
/// <param name="Options">Answers to choose from; empty for an open question.</param>
public sealed record Question(string Id, string Video, string Task, string Text, string Answer, IReadOnlyList<string> Options);
