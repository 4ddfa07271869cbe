using Winnow.Reduction;

namespace Winnow.Engine;

/// <summary>What happens to the visual tokens on their way.</summary>
public sealed record ReductionChoice
{
    /// <summary>Every token goes on.</summary>
    public static ReductionChoice None { get; } = new();

    /// <summary>Chooses the frames that are looked at; null to take them as they are spread over the video.</summary>
    public IFrameSelector? Selector { get; init; }

    /// <summary>What happens to the patches before and inside the vision encoder.</summary>
    public EncoderReduction Encoder { get; init; } = EncoderReduction.None;

    /// <summary>The method that acts between encoder and language model; null to keep everything there.</summary>
    public ITokenReducer? Reducer { get; init; }

    /// <summary>
    /// A method that acts inside the language model while the prompt is read; null for none. May be combined with <see cref="Reducer"/>.
    /// </summary>
    public IPrefillReducer? Prefill { get; init; }

    /// <summary>
    /// A method that acts on the KV cache, after the prompt or while decoding; null for none. May be combined with the others.
    /// </summary>
    public ICacheReducer? Cache { get; init; }

    /// <summary>The rotary positions of the tokens that <see cref="Reducer"/> keeps.</summary>
    public PositionRule Positions { get; init; } = PositionRule.Original;

    /// <summary>Whether <see cref="Reducer"/> looks at the question, so that its plan is another for every question.</summary>
    public bool ReducerLooksAtQuestion =>
        Reducer is not null
        && Reducer.Needs.SelectMany(need => need.Alternatives).Any(request => request.Kind is Signal.TextEmbeddings or Signal.FrameScores);

    /// <summary>
    /// Whether the language model must read the video in one piece, without text between its frames: methods inside it act on one block.
    /// </summary>
    public bool NeedsWholeVideo => this is not { Prefill: null, Cache: null };

    /// <summary>Whether what the language model reads of the video is the same for every question.</summary>
    public bool IsBlindToQuestion => this is { Prefill: null, Cache: null } && !ReducerLooksAtQuestion;
}
