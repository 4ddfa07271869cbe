namespace Winnow.Evaluation.Running;

/// <summary>How far a run is.</summary>
/// <param name="Done">Answers that stand in the journal, those of earlier starts included.</param>
/// <param name="Total">Answers that the plan asks for.</param>
/// <param name="Errors">Questions that ended in an error so far, in this start.</param>
/// <param name="PerSecond">Answers a second in this start; 0 before the first.</param>
/// <param name="Left">Time left at that rate; null before the first answer.</param>
public readonly record struct RunProgress(int Done, int Total, int Errors, double PerSecond, TimeSpan? Left);
