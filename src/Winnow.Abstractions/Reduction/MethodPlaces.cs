namespace Winnow.Reduction;

/// <summary>The six places where a method can act.</summary>
[Flags]
public enum MethodPlaces
{
    /// <summary>Choosing frames.</summary>
    Frames = 1,

    /// <summary>On patches, before the vision encoder.</summary>
    BeforeEncoder = 2,

    /// <summary>Between blocks of the vision encoder.</summary>
    InsideEncoder = 4,

    /// <summary>After encoder, projector and pooling, before the language model.</summary>
    AfterEncoder = 8,

    /// <summary>At layers of the language model, during prefill.</summary>
    Prefill = 16,

    /// <summary>On the KV cache.</summary>
    Cache = 32,
}
