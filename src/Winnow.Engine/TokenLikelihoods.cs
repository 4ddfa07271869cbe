using System.Numerics.Tensors;

namespace Winnow.Engine;

/// <summary>Logarithms of the probabilities of the next token.</summary>
internal readonly ref struct TokenLikelihoods
{
    private readonly ReadOnlySpan<float> _logits;
    private readonly double _logSum;

    /// <summary>Reads logits; they must not change while this is in use.</summary>
    public TokenLikelihoods(ReadOnlySpan<float> logits)
    {
        _logits = logits;
        float largest = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (float logit in logits)
            sum += Math.Exp(logit - largest);
        _logSum = largest + Math.Log(sum);
    }

    /// <summary>Of one token.</summary>
    public double Of(int id) => _logits[id] - _logSum;

    /// <summary>Of any of several tokens, at least one.</summary>
    public double OfAny(IEnumerable<int> ids)
    {
        double probability = 0;
        foreach (int id in ids)
            probability += Math.Exp(Of(id));
        return Math.Log(probability);
    }
}
