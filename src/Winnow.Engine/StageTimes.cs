namespace Winnow.Engine;

/// <summary>How long each step of the path took. Decoding and encoding overlap: each counts only the time that it was waited for.</summary>
public sealed record StageTimes
{
    /// <summary>Choosing frames: decoding the candidates and looking at them; zero where no method chooses.</summary>
    public TimeSpan Choose { get; init; }

    /// <summary>Probing, and waiting for decoded frames; resizing included.</summary>
    public TimeSpan Decode { get; init; }

    /// <summary>Vision tower, projector and pooling, with the signals that the method asked for.</summary>
    public TimeSpan Encode { get; init; }

    /// <summary>The method's decision and its application.</summary>
    public TimeSpan Reduce { get; init; }

    /// <summary>Reading the prompt, up to the first logits.</summary>
    public TimeSpan Prefill { get; init; }

    /// <summary>Producing the rest of the answer.</summary>
    public TimeSpan Generate { get; init; }

    /// <summary>From the call to the first piece of the answer: everything before generating.</summary>
    public TimeSpan FirstToken => Choose + Decode + Encode + Reduce + Prefill;
}
