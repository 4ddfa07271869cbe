using Winnow.Engine;

namespace Winnow.Evaluation.Running;

/// <summary>What came back, and what it cost.</summary>
public sealed record Answer
{
    /// <summary>The generated reply; empty where likelihoods were wanted.</summary>
    public string Reply { get; init; } = "";

    /// <summary>
    /// Natural logarithm of the probability of each wanted continuation with the end of the turn, in their
    /// order; empty where a reply was generated.
    /// </summary>
    public IReadOnlyList<double> LogLikelihoods { get; init; } = [];

    /// <summary>Retention that the method was given so that its tokens meet the setting's budget.</summary>
    public required double AppliedRetention { get; init; }

    /// <summary>Visual tokens before the reduction.</summary>
    public required int WholeTokens { get; init; }

    /// <summary>
    /// Visual tokens that went on: the mean over the layers of the language model, since a method
    /// inside it may shorten the prompt on its way.
    /// </summary>
    public required double VisualTokens { get; init; }

    /// <summary>Rows that the language model read: text, visual tokens, newline vectors.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens of the reply.</summary>
    public int GeneratedTokens { get; init; }

    /// <summary>Multiplications and additions of the language model for the prompt (two per product).</summary>
    public double PrefillFlops { get; init; }

    /// <summary>Bytes of the KV cache after the reply.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Time per stage; decoding and encoding are those of the pass that all methods share.</summary>
    public required StageTimes Times { get; init; }
}
