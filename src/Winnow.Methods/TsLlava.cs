using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>TS-LLaVA's token sampling: tokens at equal steps out of all frames' tokens.</summary>
/// <remarks>
/// "TS-LLaVA: Constructing Visual Tokens through Thumbnail-and-Sampling for Training-Free Video Large Language Models", 2024, arXiv
/// 2411.11066; tingyu215/TS-LLaVA at
/// 03cdeae, llava/model/llava_arch.py. The paper's other part, a collage of a few frames encoded as one more picture, is made of pixels
/// before the encoder.
/// </remarks>
public sealed class TsLlava(TsLlava.Options options) : ITokenReducer, IFrameSelector
{
    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "ts-llava",
        Name = "TS-LLaVA",
        Paper = "TS-LLaVA: Constructing Visual Tokens through Thumbnail-and-Sampling for Training-Free Video Large Language Models, 2024",
        ArXiv = "2411.11066",
        OfficialCode = "tingyu215/TS-LLaVA 03cdeaee4a7d25cd91d6e2aff840a8ffb9bf52ab",
        Places = MethodPlaces.Frames | MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "no signal is wanted: even cover of all frames at almost no cost",
        BudgetRule = "exactly floor(retention * tokens), from the first token to the last; or sampledTokens",
        Positions = PositionRule.Compact,
        Deviations =
        [
            "Only the sampled tokens. The paper's other part, a thumbnail of several frames encoded as one more picture, is defined for"
                + " LLaVA-1.6, an image model whose pictures are not pooled; the video models here know no such picture.",
            "Where there are no more frames than wanted, all are taken; the official rule takes the middle one twice and leaves the last.",
            "Steps are computed in float64; the official float32 may pick the neighbour where a step ends within 0.004 of a half.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> FrameNeeds => [];

    /// <summary>Step 1: frames between equal steps, whatever they show.</summary>
    /// <inheritdoc/>
    public FrameChoice Select(FrameCandidates candidates) => new(candidates.Count <= candidates.Wanted
        ? [.. Enumerable.Range(0, candidates.Count)]
        : EvenSpacing.BetweenSteps(candidates.Count, candidates.Wanted));

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int tokens = input.Grid.Count;
        int count = options.SampledTokens ?? Budgets.Total(options.Retention, tokens);
        if (count > tokens)
            throw new ArgumentException($"sampledTokens is {count}; the video has {tokens} tokens, give at most that.");
        return ReductionPlan.Keep(EvenSpacing.EndToEnd(tokens, count), tokens);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens to sample (2880 officially); null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("tokens to sample; auto follows the retention", Symbol = "K", Minimum = 1)]
        public int? SampledTokens { get; init; }
    }
}
