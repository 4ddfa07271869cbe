using Winnow.Engine;

namespace Winnow.Bench;

/// <summary>The way from the call to the first token: where the time went, and how many tokens there were at each place.</summary>
public sealed record FirstTokenPath
{
    /// <summary>From the call to the first token, by the clock.</summary>
    public required double Seconds { get; init; }

    /// <summary>Choosing frames: decoding the candidates and looking at them.</summary>
    public required double ChooseSeconds { get; init; }

    /// <summary>Probing, decoding, resizing.</summary>
    public required double DecodeSeconds { get; init; }

    /// <summary>Vision tower, projector, pooling, signals, and what methods before and inside the tower decide.</summary>
    public required double EncodeSeconds { get; init; }

    /// <summary>The decision of the method after the encoder, and its application.</summary>
    public required double ReduceSeconds { get; init; }

    /// <summary>Reading the prompt, with what methods inside the language model decide.</summary>
    public required double PrefillSeconds { get; init; }

    /// <summary>What the stages leave of <see cref="Seconds"/>: template, sampler, hand-overs.</summary>
    public double OtherSeconds => Seconds - ChooseSeconds - DecodeSeconds - EncodeSeconds - ReduceSeconds - PrefillSeconds;

    /// <summary>Frames that a method chose from; 0 where none did.</summary>
    public required int Candidates { get; init; }

    /// <summary>Frames that were encoded.</summary>
    public required int Frames { get; init; }

    /// <summary>Patches of those frames.</summary>
    public required long Patches { get; init; }

    /// <summary>Patches that entered the tower's first block.</summary>
    public required long EncodedPatches { get; init; }

    /// <summary>Tokens that left its last block with features of their own.</summary>
    public required long RemainingPatches { get; init; }

    /// <summary>Rows that passed the tower's blocks, as a share of those of the dense path.</summary>
    public required double TowerRowShare { get; init; }

    /// <summary>Visual tokens behind the pooling.</summary>
    public required int VisualTokens { get; init; }

    /// <summary>Visual tokens that the language model got.</summary>
    public required int KeptTokens { get; init; }

    /// <summary>Rows of the prompt: text, visual tokens, newline vectors.</summary>
    public required int PromptRows { get; init; }

    /// <summary>Where visual rows left inside the language model.</summary>
    public required IReadOnlyList<LayerCut> Cuts { get; init; }

    internal static FirstTokenPath Of(TurnAccount account, TimeSpan whole) => new()
    {
        Seconds = whole.TotalSeconds,
        ChooseSeconds = account.Times.Choose.TotalSeconds,
        DecodeSeconds = account.Times.Decode.TotalSeconds,
        EncodeSeconds = account.Times.Encode.TotalSeconds,
        ReduceSeconds = account.Times.Reduce.TotalSeconds,
        PrefillSeconds = account.Times.Prefill.TotalSeconds,
        Candidates = account.Candidates,
        Frames = account.Frames,
        Patches = account.Tower.Patches,
        EncodedPatches = account.Tower.Encoded,
        RemainingPatches = account.Tower.Remaining,
        TowerRowShare = (double)account.Tower.Rows / account.Tower.DenseRows,
        VisualTokens = account.VisualTokens,
        KeptTokens = account.KeptTokens,
        PromptRows = account.PromptTokens,
        Cuts = account.Cuts,
    };
}
