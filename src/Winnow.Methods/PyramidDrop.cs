using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// PyramidDrop: at the end of each stage of layers, fewer visual tokens go on, ranked by the attention that the last prompt token would
/// pay in the next layer.
/// </summary>
/// <remarks>
/// "PyramidDrop: Accelerating Your Large Vision-Language Models via Pyramid Visual Redundancy Reduction", CVPR 2025, arXiv 2410.17247;
/// Cooperx521/PyramidDrop at 6444f304, LlamaModel.pdrop_rank_drop.
/// </remarks>
public sealed class PyramidDrop(PyramidDrop.Options options) : IPrefillReducer
{
    private const int OfficialDepth = 32;
    private static readonly int[] OfficialLayers = [8, 16, 24];
    private static readonly PrefillNeeds NextLayer =
        new() { Attention = new AttentionRequest(AttentionQueries.Last) { OfNextLayer = true } };

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "pyramiddrop",
        Name = "PyramidDrop",
        Paper = "PyramidDrop: Accelerating Your Large Vision-Language Models via Pyramid Visual Redundancy Reduction, CVPR 2025",
        ArXiv = "2410.17247",
        OfficialCode = "Cooperx521/PyramidDrop 6444f304aee4b7edcb022839fb9e8cd07859704a",
        Places = MethodPlaces.Prefill,
        Family = MethodFamily.Query,
        ChooseWhen = "shallow layers shall still see everything; little is lost, and half of the cost saved",
        BudgetRule = "retention is the share of the visual rows left after the last of the stages, whose shares fall geometrically:"
            + " floor(retention^(s / stages) * rows), 0.125 being the paper's; ratios override",
        Budget = BudgetPromise.Rounded,
        Positions = PositionRule.Compact,
        ExtraCost = "before each stage the keys of all rows and one query in the next layer's projections, O(S D^2), and one"
            + " attention row, O(H S hd)",
        Deviations =
        [
            "Keys of grouped heads are shared by their queries; the official code runs only where there are as many"
                + " key heads as query heads.",
            "Ratios that rise are refused; the official top-k fails. The official truncation of long sequences is left out.",
            "Layers are the same shares of the depth as the official 8, 16, 24 of 32, unless given.",
        ],
    };

    /// <inheritdoc/>
    public IPrefillRun Begin(PrefillContext context)
    {
        IReadOnlyList<double> ratios = options.Ratios ?? Geometric(options.Layers?.Count ?? OfficialLayers.Length);
        int[] layers = LayerDepth.Of(options.Layers, OfficialLayers, OfficialDepth, context.Layers);
        if (ratios.Count != layers.Length)
            throw new ArgumentException($"There are {ratios.Count} ratios for {layers.Length} layers; give one ratio for each.");
        return new StagedRun(layers, NextLayer, (stage, view) =>
            LastRow.KeepMostAttended(view, Budgets.Round(context.VisualCount * ratios[stage], Rounding.Floor)) is { } step
                ? step with { Positions = PositionRule.Compact }
                : null);
    }

    private double[] Geometric(int stages) =>
        [.. Enumerable.Range(1, stages).Select(stage =>
            stage == stages ? options.Retention : Math.Pow(options.Retention, (double)stage / stages))];

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Layers before which tokens leave (official: 8, 16, 24 of 32); null for the same shares of the loaded model's depth.
        /// </summary>
        [Parameter("layers before which tokens leave; auto: as deep as 8, 16, 24 of 32", Minimum = 1)]
        public IReadOnlyList<int>? Layers { get; init; }

        /// <summary>
        /// Share of the original visual rows that goes on from each of the layers (official: 0.5, 0.25, 0.125); null for
        /// what the retention asks.
        /// </summary>
        [Parameter("share of the original rows that goes on from each; auto: geometric down to the retention", Minimum = 0, Maximum = 1)]
        public IReadOnlyList<double>? Ratios { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            for (int stage = 1; stage < Ratios?.Count; stage++)
                if (Ratios[stage] > Ratios[stage - 1])
                    throw new ArgumentException(
                        $"ratios rise from {Ratios[stage - 1]} to {Ratios[stage]}; tokens that have left do not come back."
                            + " Give ratios that do not rise.");
        }
    }
}
