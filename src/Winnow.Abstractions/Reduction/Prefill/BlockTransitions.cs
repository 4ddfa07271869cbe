namespace Winnow.Reduction;

/// <summary>
/// How the two blocks of a layer changed each row: the block's output against its normed input, before the residual is added.
/// </summary>
/// <param name="AttentionRatio"><c>[S]</c>: norm of the output over norm of the input, attention block.</param>
/// <param name="AttentionCosine"><c>[S]</c>: cosine of the two.</param>
/// <param name="MlpRatio"><c>[S]</c>: the same for the MLP block.</param>
/// <param name="MlpCosine"><c>[S]</c>: the same for the MLP block.</param>
public sealed record BlockTransitions(float[] AttentionRatio, float[] AttentionCosine, float[] MlpRatio, float[] MlpCosine);
