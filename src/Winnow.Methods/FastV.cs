using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// FastV: once, early in the language model, the visual tokens that the last prompt token hardly attends to leave the sequence.
/// </summary>
/// <remarks>
/// "An Image is Worth 1/2 Tokens After Layer 2: Plug-and-Play Inference Acceleration for Large Vision-Language Models", ECCV 2024, arXiv
/// 2403.06764; pkunlp-icler/FastV at d1659729, LlamaModel.fastv_forward of the Hugging Face integration.
/// </remarks>
public sealed class FastV(FastV.Options options) : IPrefillReducer
{
    private const int OfficialLayer = 2;
    private const int OfficialDepth = 32;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "fastv",
        Name = "FastV",
        Paper =
            "An Image is Worth 1/2 Tokens After Layer 2: Plug-and-Play Inference Acceleration for Large Vision-Language Models, ECCV 2024",
        ArXiv = "2403.06764",
        OfficialCode = "pkunlp-icler/FastV d1659729b5bf1be225e99ee15783deeea80f63b1",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "the simplest cut by the question; goes with every method after the encoder",
        BudgetRule = "retention is the share of the visual rows left after its one cut: round-half-even(retention * rows); removedShare"
            + " or keptTokens override",
        Budget = BudgetPromise.Rounded,
        Positions = PositionRule.Original,
        ExtraCost = "one attention row per head in one layer, O(H S hd)",
        Deviations =
        [
            "Tokens leave the sequence in every variant; the official research code only hides them.",
            "More tokens than there are: all stay; the official code fails.",
            "The layer is the same share of the depth as the official 2 of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context) =>
        new StagedRun([LayerDepth.Of(options.Layer, OfficialLayer, OfficialDepth, context.Layers)], LastRow.Needs, (_, view) =>
        {
            int wanted = options.KeptTokens ?? Budgets.Round(
                view.VisualCount * (options.RemovedShare is { } removed ? 1 - removed : options.Retention), Rounding.HalfEven);
            return LastRow.KeepMostAttended(view, wanted);
        });

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// First layer that runs on the short sequence (official: 2 of 32); the layer before it gives the scores. Null for the same share
        /// of the loaded model's depth.
        /// </summary>
        [Parameter("first layer that runs on the short sequence; auto: as deep as layer 2 of 32", Symbol = "K", Minimum = 1)]
        public int? Layer { get; init; }

        /// <summary>Share of the visual rows that leave (official: 0.5); null for what the retention says.</summary>
        [Parameter("share of the visual rows that leave; auto: what the retention asks", Symbol = "R", Minimum = 0, Maximum = 1)]
        public double? RemovedShare { get; init; }

        /// <summary>Number of visual rows that stay; null for what the shares say.</summary>
        [Parameter("number of visual rows that stay; auto: what the shares ask", Minimum = 0)]
        public int? KeptTokens { get; init; }
    }
}
