using Winnow.Models.Configuration;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Prefill;

/// <summary>A prefill that a method shortens on its way: the sequence as it stands, and the method's answers put into effect.</summary>
/// <param name="run">The method; null where only the cache is reduced.</param>
/// <param name="cacheReduction">What thins the cache afterwards; null for nothing. Told which visual rows each layer caches.</param>
/// <param name="context">What methods may know beforehand.</param>
/// <param name="prompt">The rows that enter layer 0.</param>
/// <param name="config">Sizes.</param>
/// <param name="compute">Threads.</param>
internal sealed class PrefillReduction(
    IPrefillRun? run, CacheReduction? cacheReduction, PrefillContext context, PromptRows prompt, Qwen2Config config, Compute compute)
{
    private readonly List<PrefillCut> _cuts = [];
    private readonly ParkedRows _parked = new(config.Width);
    private int[] _positions = [.. prompt.Positions];
    private int[] _origins = [.. Enumerable.Range(0, prompt.Rows.Count)];
    private readonly int[] _wentInto = [.. Enumerable.Range(0, prompt.VisualCount)];
    private int _visualCount = prompt.VisualCount;
    private int _nextPosition = prompt.NextPosition;
    private RowPiece[]? _pieces;
    private bool _startedAnew;

    /// <summary>Rotary position of each row.</summary>
    public ReadOnlySpan<int> Positions => _positions;

    /// <summary>The rows in pieces, with their angles.</summary>
    public RowPiece[] Pieces => _pieces ??= RowPiece.Cut(_positions, config.HeadWidth, config.RopeBase);

    /// <summary>How far the layers to come count behind the prompt's own positions while decoding.</summary>
    public int PositionShift => _nextPosition - prompt.NextPosition;

    /// <summary>What acts on the cache from here on; null for nothing.</summary>
    public CacheReduction? Cache => cacheReduction;

    /// <summary>Where rows left, in order.</summary>
    public IReadOnlyList<PrefillCut> Cuts => _cuts;

    private int VisualEnd => prompt.VisualStart + _visualCount;

    /// <summary>Whether the method wants to stop at a point.</summary>
    public bool StopsAt(PrefillPoint point) => run?.NeedsAt(point) is not null;

    /// <summary>Whether the last stop sent the prompt back to layer 0; asked once.</summary>
    public bool StartedAnew()
    {
        (bool answer, _startedAnew) = (_startedAnew, false);
        return answer;
    }

    /// <summary>What the layer about to run shall note for the points inside and behind it; null for nothing.</summary>
    public LayerWatch? Watch(int layer)
    {
        AttentionCapture? last = cacheReduction?.Enter(layer, _origins.AsSpan(prompt.VisualStart, _visualCount), _origins.Length);
        PrefillNeeds? inside = run?.NeedsAt(new PrefillPoint(layer, PrefillMoment.AfterAttention)),
            behind = run?.NeedsAt(new PrefillPoint(layer + 1));
        AttentionRequest? wantedInside = inside?.Attention is { OfNextLayer: false } first ? first : null;
        AttentionRequest? wantedBehind = behind?.Attention is { OfNextLayer: false } second ? second : null;
        bool transitions = behind?.Transitions == true;
        if (wantedInside is null && wantedBehind is null && last is null && !transitions)
            return null;
        int count = _origins.Length;
        return new LayerWatch
        {
            Inside = Capture(wantedInside),
            Behind = Capture(wantedBehind),
            Last = last,
            Transitions = transitions ? new BlockTransitions(new float[count], new float[count], new float[count], new float[count]) : null,
        };
    }

    /// <summary>Lets the method look and act at a point.</summary>
    /// <param name="point">Where the loop stands.</param>
    /// <param name="rows">States of the rows, <c>[S', D]</c>.</param>
    /// <param name="watch">What the layer in front noted; null for nothing, or before the first layer.</param>
    /// <param name="cache">All layers' caches.</param>
    /// <param name="next">The layer behind the point; null at the end.</param>
    /// <param name="arena">Scratch memory.</param>
    /// <returns>The rows that go on, in the same memory, or longer memory where parked rows return.</returns>
    /// <exception cref="InvalidOperationException">The method's answer breaks its contract.</exception>
    public Span<float> Stop(
        PrefillPoint point, Span<float> rows, LayerWatch? watch, LayerCache[] cache, DecoderLayer? next, ActivationArena arena)
    {
        if (run?.NeedsAt(point) is not { } needs)
            return rows;
        bool inside = point.Moment == PrefillMoment.AfterAttention;
        LayerCache? front = inside ? cache[point.Layer] : point.Layer > 0 ? cache[point.Layer - 1] : null;
        // A view must not see memory that the step overwrites, and methods may keep what they saw.
        float[] hidden = rows.ToArray();
        var view = new PrefillView
        {
            Context = context,
            Point = point,
            Hidden = new TokenMatrix(hidden, config.Width),
            Origins = _origins,
            Positions = _positions,
            VisualStart = prompt.VisualStart,
            VisualCount = _visualCount,
            Attention = AttentionFor(needs, inside ? watch?.Inside : watch?.Behind, front, next, rows, arena),
            Keys = needs.Keys ? Cached(front, layer => layer.CopyKeys()) : null,
            Values = needs.Values ? Cached(front, layer => layer.CopyValues()) : null,
            Transitions = needs.Transitions ? watch?.Transitions : null,
        };
        return run.Decide(view) is { } step ? Apply(point, step, view, rows, cache, arena) : rows;
    }

    private AttentionCapture? Capture(AttentionRequest? request) =>
        request is null ? null : new AttentionCapture(request, _origins.Length, VisualEnd, config);

    private AttentionView? AttentionFor(
        PrefillNeeds needs, AttentionCapture? noted, LayerCache? front, DecoderLayer? next, ReadOnlySpan<float> rows, ActivationArena arena)
    {
        if (needs.Attention is not { } request)
            return null;
        if (!request.OfNextLayer)
        {
            AttentionView view = noted?.View(compute, front!)
                ?? throw new InvalidOperationException(
                    "There is no layer in front of layer 0 whose attention could be seen; ask for that of the next layer.");
            return view.Keys == _origins.Length ? view
                : throw new InvalidOperationException(
                    $"The attention is that of {view.Keys} rows; rows have left since. Look at it between the layer's"
                        + " attention and its MLP.");
        }
        if (next is null)
            throw new InvalidOperationException("There is no layer behind the last one whose attention could be seen.");
        AttentionCapture capture = Capture(request)!;
        foreach (RowPiece piece in Pieces)
            next.Project(rows.Slice(piece.First * config.Width, piece.Count * config.Width), piece, capture, arena);
        return capture.View(compute, front ?? new LayerCache(config.KeyValueHeads, config.HeadWidth, half: false));
    }

    private TokenMatrix Cached(LayerCache? front, Func<LayerCache, float[]> copy) => front is null
        ? throw new InvalidOperationException("There is no layer in front of layer 0 whose keys or values could be seen.")
        : new TokenMatrix(copy(front), config.KeyValueHeads * config.HeadWidth);

    private Span<float> Apply(
        PrefillPoint point, PrefillStep step, PrefillView view, Span<float> rows, LayerCache[] cache, ActivationArena arena)
    {
        ReductionPlan plan = step.Plan;
        if (step.StartsAnew)
        {
            view = StartAnew(point, view, cache);
            rows = arena.Rent(prompt.Rows.Values.Length);
        }
        Check(plan, view);
        _parked.Add(step.Parked, view);
        Span<float> left = rows[..Math.Min(rows.Length, plan.Count * config.Width)];
        if (left.Length < plan.Count * config.Width)
            throw new InvalidOperationException(
                $"A method answered {view.Count} rows with {plan.Count}; rows can only leave or come back.");
        plan.Apply(view.Hidden, left);
        _origins = [.. plan.Places.Select(row => view.Origins[row])];
        _positions = [.. plan.Places.Select(row => view.Positions[row])];
        Follow(plan, view.Origins);
        if (step.ReturnsParked && _parked.Count > 0)
        {
            left = _parked.Return(left, ref _origins, ref _positions, arena);
            foreach (int origin in _origins.Where(IsVisual))
                _wentInto[origin - prompt.VisualStart] = origin - prompt.VisualStart;
        }
        if (step.Positions == PositionRule.Compact)
        {
            _positions = [.. Enumerable.Range(0, _origins.Length)];
            _nextPosition = _origins.Length;
        }
        _pieces = null;
        _visualCount += _origins.Length - view.Count;
        if (_visualCount != view.VisualCount)
            _cuts.Add(new PrefillCut(point, view.VisualCount, _visualCount) { WentInto = [.. _wentInto] });
        foreach (CacheCut cut in step.CacheCuts)
            for (int layer = cut.FirstLayer; layer < cut.FirstLayer + cut.LayerCount; layer++)
            {
                cache[layer].Keep([.. cut.Rows]);
                cacheReduction?.Cut(layer, cut.Rows);
            }
        return left;
    }

    private PrefillView StartAnew(PrefillPoint point, PrefillView view, LayerCache[] cache)
    {
        if (point.Moment != PrefillMoment.BeforeLayer || point.Layer == 0 || point.Layer == cache.Length)
            throw new InvalidOperationException($"A method started anew at {point}; it may do so before a layer that is not the first.");
        foreach (LayerCache layer in cache)
            layer.Clear();
        (_startedAnew, _visualCount, _nextPosition) = (true, prompt.VisualCount, prompt.NextPosition);
        (_positions, _origins) = ([.. prompt.Positions], [.. Enumerable.Range(0, prompt.Rows.Count)]);
        for (int row = 0; row < _wentInto.Length; row++)
            _wentInto[row] = row;
        _parked.Clear();
        _cuts.Clear();
        return view with { Hidden = prompt.Rows, Origins = _origins, Positions = _positions, VisualCount = _visualCount };
    }

    private bool IsVisual(int origin) => origin >= prompt.VisualStart && origin < prompt.VisualStart + prompt.VisualCount;

    /// <summary>Each visual row of the prompt goes where the row that it is in goes.</summary>
    private void Follow(ReductionPlan plan, IReadOnlyList<int> before)
    {
        int[] destinations = plan.Destinations(), next = new int[_wentInto.Length];
        Array.Fill(next, -1);
        for (int row = 0; row < before.Count; row++)
            if (IsVisual(before[row]) && destinations[row] >= 0 && IsVisual(_origins[destinations[row]]))
                next[before[row] - prompt.VisualStart] = _origins[destinations[row]] - prompt.VisualStart;
        for (int row = 0; row < _wentInto.Length; row++)
            if (_wentInto[row] >= 0)
                _wentInto[row] = next[_wentInto[row]];
    }

    private static void Check(ReductionPlan plan, PrefillView view)
    {
        int after = view.Count - view.VisualEnd;
        if (plan.SourceCount != view.Count || plan.Count < view.VisualStart + after)
            throw new InvalidOperationException(
                $"A method answered {view.Count} rows with a plan over {plan.SourceCount} that keeps {plan.Count}; the text must stay.");
        for (int row = 0; row < plan.Count; row++)
        {
            int place = plan.Places[row], fromEnd = plan.Count - row;
            bool fits = row < view.VisualStart ? place == row
                : fromEnd <= after ? place == view.Count - fromEnd
                : place >= view.VisualStart && place < view.VisualEnd;
            if (!fits)
                throw new InvalidOperationException(
                    $"A method put row {place} at {row}; text rows must stay in order around one visual block.");
        }
    }
}
