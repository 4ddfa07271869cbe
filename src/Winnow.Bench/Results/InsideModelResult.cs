namespace Winnow.Bench;

/// <summary>One prompt with one method inside the language model, or with none.</summary>
public sealed record InsideModelResult
{
    /// <summary>Name in the catalog.</summary>
    public required string Method { get; init; }

    /// <summary>Parameters that differ from the defaults: the paper's.</summary>
    public required string Setting { get; init; }

    /// <summary>What the paper reports at that setting.</summary>
    public required string Claim { get; init; }

    /// <summary>Visual rows that enter the language model.</summary>
    public int Entering { get; init; }

    /// <summary>Visual rows that are left behind the last cut inside it.</summary>
    public int Leaving { get; init; }

    /// <summary>Operations of the prefill as they were counted, two for each multiply-add of a product or of attention.</summary>
    public double PrefillOperations { get; init; }

    /// <summary>Time from the encoded video to the logits of the first token, the method's own time included.</summary>
    public double FirstTokenSeconds { get; init; }

    /// <summary>Of that, what the method takes before the language model.</summary>
    public double BeforeModelSeconds { get; init; }

    /// <summary>Of it, what the method takes inside: attention rows and projections that it asks for, and its decision.</summary>
    public double ExtraSeconds { get; init; }

    /// <summary>Of the operations, those of the attention rows and projections that the method asks for.</summary>
    public double ExtraOperations { get; init; }

    /// <summary>Bytes of cached keys and values after the prompt.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Tokens per second when decoding goes on behind the prompt.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Why there are no numbers; null where there are.</summary>
    public string? Error { get; init; }
}
