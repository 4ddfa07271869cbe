using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Evaluation.Pictures;

/// <summary>What became of every source token: dropped, kept alone, or merged with others; and how the tokens spread over frames and segments.</summary>
public sealed class KeptTokens
{
    private const int Dropped = -1;
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

    /// <summary>The group that a token is merged into, a number that its members share; null for a token that is dropped or goes on alone.</summary>
    public int? GroupOf(int token) => IsDropped(token) || !_isMerged[_rows[token]] ? null : _rows[token];
}
