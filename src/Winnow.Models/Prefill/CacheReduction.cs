using Winnow.Models.Configuration;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>
/// A sequence whose cache a method thins after the prompt, or hides in part from decoding steps: the method's answers put into effect.
/// </summary>
/// <param name="run">The method.</param>
/// <param name="context">What it may know of the prompt.</param>
/// <param name="config">Sizes.</param>
/// <param name="compute">Threads.</param>
internal sealed class CacheReduction(ICacheRun run, PrefillContext context, Qwen2Config config, Compute compute)
{
    private static readonly AttentionRequest LastRow = new(AttentionQueries.Last);
    private readonly int[][] _visualOrigins = new int[config.Layers][];
    private readonly AttentionCapture?[] _captures = new AttentionCapture?[config.Layers];
    private HashSet<int>? _visible;

    /// <summary>Whether decoding steps may see less than the whole cache.</summary>
    public bool HidesInSteps => run.FirstStepLayer is not null;

    /// <summary>Notes that a layer of the prompt is about to run.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="visualOrigins">The visual rows that it will cache.</param>
    /// <param name="count">All rows that it will cache.</param>
    /// <returns>Where the layer shall note its last query; null for nowhere.</returns>
    public AttentionCapture? Enter(int layer, ReadOnlySpan<int> visualOrigins, int count)
    {
        _visualOrigins[layer] = visualOrigins.ToArray();
        return _captures[layer] = run.ActsAfterPrefill(layer) ? new AttentionCapture(LastRow, count, count, config) : null;
    }

    /// <summary>Notes that rows have left a layer's cache.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="rows">Rows that stayed, ascending.</param>
    public void Cut(int layer, IReadOnlyList<int> rows)
    {
        int[] before = _visualOrigins[layer];
        _visualOrigins[layer] = [.. rows.Where(row => IsVisual(row, before.Length)).Select(row => before[row - context.VisualStart])];
    }

    /// <summary>Lets the method thin the caches of the prompt.</summary>
    public void AfterPrefill(LayerCache[] cache)
    {
        for (int layer = 0; layer < cache.Length; layer++)
        {
            if (_captures[layer] is not { } capture)
                continue;
            _captures[layer] = null;
            if (run.KeepAfterPrefill(View(layer, capture, cache[layer])) is not { } kept)
                continue;
            cache[layer].Keep(SlotsOf(kept, layer, cache[layer].Count));
            // Heads hold different rows from here on, so none can be hidden by its number in a step.
            _visualOrigins[layer] = [];
        }
    }

    /// <summary>Where a layer shall note the query of a decoding step; null for nowhere.</summary>
    public LayerWatch? WatchStep(int layer) =>
        layer + 1 == run.FirstStepLayer ? new LayerWatch { Last = new AttentionCapture(LastRow, 1, 1, config) } : null;

    /// <summary>Lets the method choose what a decoding step may see, where the step has come so far.</summary>
    public void Choose(int layer, LayerWatch? watch, LayerCache[] cache)
    {
        if (layer == 0)
            _visible = null;
        if (layer != run.FirstStepLayer || watch?.Last is not { } capture)
            return;
        IReadOnlyList<int>? visible = run.VisibleInStep(View(layer - 1, capture, cache[layer - 1]));
        _visible = visible is null ? null : [.. visible.Select(row => _visualOrigins[layer - 1][row - context.VisualStart])];
    }

    /// <summary>Cached rows of a layer that the step does not see, ascending.</summary>
    public int[] HiddenIn(int layer)
    {
        if (_visible is not { } visible)
            return [];
        int[] origins = _visualOrigins[layer];
        return [.. Enumerable.Range(0, origins.Length)
            .Where(row => !visible.Contains(origins[row])).Select(row => context.VisualStart + row)];
    }

    private CacheView View(int layer, AttentionCapture capture, LayerCache cache) => new()
    {
        Context = context,
        Layer = layer,
        Attention = capture.View(compute, cache),
        VisualOrigins = _visualOrigins[layer],
    };

    private int[][] SlotsOf(IReadOnlyList<IReadOnlyList<int>> kept, int layer, int count)
    {
        int visual = _visualOrigins[layer].Length;
        if (kept.Count != config.KeyValueHeads || kept.Any(rows => rows.Count != kept[0].Count))
            throw new InvalidOperationException(
                $"A method keeps {string.Join(", ", kept.Select(rows => rows.Count))} rows; {config.KeyValueHeads} heads"
                    + " must keep equally many.");
        if (kept.SelectMany(rows => rows).FirstOrDefault(row => !IsVisual(row, visual), -1) is >= 0 and int wrong)
            throw new InvalidOperationException(
                $"A method keeps row {wrong} of layer {layer} as visual; visual rows are {context.VisualStart} to"
                    + $" {context.VisualStart + visual - 1}.");
        IEnumerable<int> before = Enumerable.Range(0, context.VisualStart);
        int[] after = [.. Enumerable.Range(0, count).Skip(context.VisualStart + visual)];
        return [.. kept.Select(rows => (int[])[.. before, .. rows, .. after])];
    }

    private bool IsVisual(int row, int visual) => row >= context.VisualStart && row < context.VisualStart + visual;
}
