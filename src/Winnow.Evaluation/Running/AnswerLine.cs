namespace Winnow.Evaluation.Running;

/// <summary>One line of the journal: one question under one setting.</summary>
public sealed record AnswerLine
{
    /// <summary>The question's id.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the method.</summary>
    public required string Method { get; init; }

    /// <summary>Share of the tokens that it was to keep.</summary>
    public required double Retention { get; init; }

    /// <summary>First 16 hexadecimal digits of the SHA-256 of the prompt, so that a change of wording shows.</summary>
    public required string PromptHash { get; init; }

    /// <summary>Why there is no answer; null where there is one.</summary>
    public string? Error { get; init; }

    /// <summary>The reply.</summary>
    public string Reply { get; init; } = "";

    /// <summary>The letter found in the reply or most likely; null where there is none or the answer is judged as text.</summary>
    public char? Letter { get; init; }

    /// <summary>Log-likelihoods of the options, where they decide.</summary>
    public IReadOnlyList<double> LogLikelihoods { get; init; } = [];

    /// <summary>Whether the answer is right; null where the right one is hidden or there is an error.</summary>
    public bool? Correct { get; init; }

    /// <summary>Retention that the method was given so that its tokens meet the budget.</summary>
    public double AppliedRetention { get; init; }

    /// <summary>Visual tokens before the reduction.</summary>
    public int WholeTokens { get; init; }

    /// <summary>Visual tokens that went on, mean over the layers of the language model.</summary>
    public double VisualTokens { get; init; }

    /// <summary>Rows that the language model read.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Tokens of the reply.</summary>
    public int GeneratedTokens { get; init; }

    /// <summary>Operations of the language model for the prompt.</summary>
    public double PrefillFlops { get; init; }

    /// <summary>Bytes of the KV cache.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Peak resident memory of the process so far, in bytes.</summary>
    public long PeakBytes { get; init; }

    /// <summary>Decoding, in milliseconds, of the pass that all settings share.</summary>
    public double DecodeMs { get; init; }

    /// <summary>Encoding, in milliseconds, of the pass that all settings share.</summary>
    public double EncodeMs { get; init; }

    /// <summary>Reduction, in milliseconds.</summary>
    public double ReduceMs { get; init; }

    /// <summary>Prefill, in milliseconds.</summary>
    public double PrefillMs { get; init; }

    /// <summary>Generation after the first token, in milliseconds.</summary>
    public double GenerateMs { get; init; }
}
