namespace Winnow.Evaluation.Reporting;

/// <summary>A question that is answered right with every token and wrong with a method.</summary>
/// <param name="Question">The question.</param>
/// <param name="Method">Name of the method.</param>
/// <param name="Retention">Its retention.</param>
/// <param name="Reply">What was answered with it; the chosen option where likelihoods decide.</param>
/// <param name="Picture">A PNG of the frames with what was kept; null for none.</param>
public sealed record MethodFailure(Question Question, string Method, double Retention, string Reply, byte[]? Picture = null);
