using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Evaluation.Pictures;

/// <summary>
/// What became of every source token, or of every patch of the vision encoder: dropped, kept alone, or merged with others; and how what
/// is kept spreads over frames and segments.
/// </summary>
public sealed class KeptTokens
{
    private const int Repeated = -1;
    private const int Dropped = -2;
    private readonly int[] _rows;
    private readonly bool[] _isMerged;

    /// <summary>Reads a plan.</summary>
    /// <param name="grid">Where the source tokens lie.</param>
    /// <param name="plan">The plan; null where everything is kept.</param>
    /// <exception cref="ArgumentException">The plan is for another number of tokens.</exception>
    public KeptTokens(TokenGrid grid, ReductionPlan? plan)
    {
        if (plan is not null && plan.SourceCount != grid.Count)
            throw new ArgumentException($"The plan is for {plan.SourceCount} tokens; the grid has {grid.Count}.", nameof(plan));
        Grid = grid;
        Count = plan?.Count ?? grid.Count;
        _rows = new int[grid.Count];
        _isMerged = new bool[Count];
        PerFrame = new int[grid.Frames];
        SegmentStarts = plan?.Trace.Find<int>(PlanTrace.SegmentStarts) ?? [];
        if (plan is null)
        {
            for (int token = 0; token < grid.Count; token++)
                (_rows[token], PerFrame[grid.FrameOf(token)]) = (token, grid.TokensPerFrame);
            return;
        }
        Array.Fill(_rows, Dropped);
        for (int row = 0; row < plan.Count; row++)
        {
            PerFrame[grid.FrameOf(plan.Places[row])]++;
            _isMerged[row] = plan.Offsets[row + 1] - plan.Offsets[row] > 1;
            for (int entry = plan.Offsets[row]; entry < plan.Offsets[row + 1]; entry++)
                _rows[plan.Sources[entry]] = row;
        }
    }

    private KeptTokens(TokenGrid grid, IReadOnlyList<int> patchRows)
    {
        int[] rows = [.. patchRows.Where(row => row >= 0).Distinct().Order()];
        Dictionary<int, int> numbers = rows.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        _rows = [.. patchRows.Select(row => row >= 0 ? numbers[row] : row)];
        (Grid, Count, SegmentStarts, AreTokens) = (grid, rows.Length, [], false);
        _isMerged = new bool[Count];
        PerFrame = new int[grid.Frames];
        bool[] isSeen = new bool[Count];
        for (int patch = 0; patch < _rows.Length; patch++)
        {
            if (_rows[patch] < 0)
                continue;
            _isMerged[_rows[patch]] |= isSeen[_rows[patch]];
            PerFrame[grid.FrameOf(patch)] += isSeen[_rows[patch]] ? 0 : 1;
            isSeen[_rows[patch]] = true;
        }
    }

    /// <summary>Reads what came of the patches in the vision encoder.</summary>
    /// <param name="grid">Where the patches lie.</param>
    /// <param name="rows">For each patch the row that holds it, -1 where it repeats the frame before, -2 where it was left out.</param>
    /// <exception cref="ArgumentException">There are other numbers of patches and rows.</exception>
    public static KeptTokens OfPatches(TokenGrid grid, IReadOnlyList<int> rows) => rows.Count == grid.Count ? new KeptTokens(grid, rows)
        : throw new ArgumentException($"There are rows for {rows.Count} patches; the grid has {grid.Count}.", nameof(rows));

    /// <summary>Whether these are tokens for the language model; otherwise patches of the vision encoder.</summary>
    public bool AreTokens { get; } = true;

    /// <summary>Where the source tokens lie.</summary>
    public TokenGrid Grid { get; }

    /// <summary>Tokens that go on.</summary>
    public int Count { get; }

    /// <summary>Tokens that go on, by the frame of their place.</summary>
    public int[] PerFrame { get; }

    /// <summary>First frame of each segment; empty where the method does not cut the video.</summary>
    public IReadOnlyList<int> SegmentStarts { get; }

    /// <summary>Whether nothing of a token goes on.</summary>
    public bool IsDropped(int token) => _rows[token] == Dropped;

    /// <summary>Whether a patch was not encoded because it repeats the frame before.</summary>
    public bool IsRepeated(int token) => _rows[token] == Repeated;

    /// <summary>
    /// The group that a token is merged into, a number that its members share; null for a token that is dropped or goes on alone.
    /// </summary>
    public int? GroupOf(int token) => _rows[token] < 0 || !_isMerged[_rows[token]] ? null : _rows[token];
}
