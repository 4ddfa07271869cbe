using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>
/// A sequence of rows from a recording, put before a method inside the language model; no
/// layers run between its stops, as in the recordings.
/// </summary>
internal sealed class RecordedPrefill
{
    /// <summary>Base of the rotary angles where a recording does not say it.</summary>
    public const double UsualRopeBase = 10000;

    private readonly PrefillContext _context;
    private TokenMatrix _hidden;
    private int[] _origins;
    private int[] _positions;
    private int _visualCount;

    /// <summary>Takes the rows that enter layer 0, at positions 0, 1, 2, ...</summary>
    /// <param name="context">The model and the prompt.</param>
    public RecordedPrefill(PrefillContext context)
    {
        (_context, _hidden, _visualCount) = (context, context.Embeddings, context.VisualCount);
        _origins = [.. Enumerable.Range(0, context.Embeddings.Count)];
        _positions = _origins;
    }

    /// <summary>States of the rows that are left.</summary>
    public TokenMatrix Hidden => _hidden;

    /// <summary>Their indices among the rows that entered.</summary>
    public IReadOnlyList<int> Origins => _origins;

    /// <summary>Their rotary positions.</summary>
    public IReadOnlyList<int> Positions => _positions;

    /// <summary>Places in the grid of the visual rows that are left.</summary>
    public IEnumerable<int> VisualPlaces =>
        _origins.Skip(_context.VisualStart).Take(_visualCount).Select(origin => _context.Places[origin - _context.VisualStart]);

    /// <summary>What a recording says of the model and the prompt.</summary>
    /// <param name="hidden">The rows.</param>
    /// <param name="visualStart">First visual row.</param>
    /// <param name="visualCount">Visual rows.</param>
    /// <param name="heads">Query heads.</param>
    public static PrefillContext Context(TokenMatrix hidden, int visualStart, int visualCount, int heads) => new()
    {
        // Deeper than any recorded layer: methods are told theirs.
        Layers = 1000,
        Heads = heads,
        KeyValueHeads = heads,
        HeadWidth = 2,
        RopeBase = UsualRopeBase,
        VisualStart = visualStart,
        VisualCount = visualCount,
        Grid = new TokenGrid(1, 1, Math.Max(1, visualCount)),
        Places = [.. Enumerable.Range(0, visualCount)],
        Embeddings = hidden,
        FinalNorm = Enumerable.Repeat(1f, hidden.Dimension).ToArray(),
        NormEpsilon = 1e-6,
    };

    /// <summary>The sequence as a method sees it.</summary>
    public PrefillView View(PrefillPoint point, AttentionView? attention = null, TokenMatrix? keys = null) => new()
    {
        Context = _context,
        Point = point,
        Hidden = _hidden,
        Origins = _origins,
        Positions = _positions,
        VisualStart = _context.VisualStart,
        VisualCount = _visualCount,
        Attention = attention,
        Keys = keys,
    };

    /// <summary>Lets the method act before a layer, and puts its answer into effect.</summary>
    /// <param name="run">The method.</param>
    /// <param name="point">Where.</param>
    /// <param name="attention">What the method wants to see, where it does.</param>
    /// <param name="keys">What it wants to see, where it does.</param>
    /// <returns>Its answer; null where the sequence stays as it is.</returns>
    /// <exception cref="InvalidOperationException">The method passes the point by.</exception>
    public PrefillStep? Stop(IPrefillRun run, PrefillPoint point, AttentionView? attention = null, TokenMatrix? keys = null) =>
        Stop(run, View(point, attention, keys));

    /// <summary>Lets the method act on what it sees, and puts its answer into effect.</summary>
    /// <inheritdoc cref="Stop(IPrefillRun, PrefillPoint, AttentionView?, TokenMatrix?)"/>
    /// <param name="run">The method.</param>
    /// <param name="view">The sequence as it stands, with what the method wants to see.</param>
    public PrefillStep? Stop(IPrefillRun run, PrefillView view)
    {
        if (run.NeedsAt(view.Point) is null)
            throw new InvalidOperationException($"The method does not stop at {view.Point}.");
        if (run.Decide(view) is not { } step)
            return null;
        if (step.StartsAnew)
            view = new RecordedPrefill(_context).View(view.Point);
        _hidden = new TokenMatrix(step.Plan.Apply(view.Hidden), view.Hidden.Dimension);
        _origins = [.. step.Plan.Places.Select(row => view.Origins[row])];
        _positions = step.Positions == PositionRule.Compact
            ? [.. Enumerable.Range(0, _origins.Length)]
            : [.. step.Plan.Places.Select(row => view.Positions[row])];
        _visualCount = view.VisualCount + step.Plan.Count - view.Count;
        return step;
    }

    /// <summary>Replaces the states by those that a layer was recorded to leave.</summary>
    public void Continue(TokenMatrix hidden) => _hidden = hidden.Count == _origins.Length ? hidden
        : throw new WinnowException($"The recording continues with {hidden.Count} rows where {_origins.Length} are left.");

    /// <summary>Rows whose states were not recorded, since the method does not look at them.</summary>
    public static TokenMatrix NoStates(int rows) => new(new float[rows], 1);

    /// <summary>The last rows of recorded attention <c>[heads, S, S]</c>.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="array">The array.</param>
    /// <param name="queries">How many of the last rows.</param>
    public static AttentionView LastRows(Recording recording, string array, int queries)
    {
        IReadOnlyList<int> shape = recording.Shape(array);
        float[] whole = recording.Floats(array), rows = new float[shape[0] * queries * shape[2]];
        for (int head = 0; head < shape[0]; head++)
            whole.AsSpan((head * shape[1] + shape[1] - queries) * shape[2], queries * shape[2])
                .CopyTo(rows.AsSpan(head * queries * shape[2]));
        return AttentionView.Of(rows, shape[0], queries);
    }
}
