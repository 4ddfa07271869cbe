using Winnow.Reduction;

namespace Winnow.Models.Encode.Passes;

/// <summary>The rows of a group of frames between the tower's blocks, and where each patch of the group went.</summary>
/// <param name="width">Length of a row.</param>
/// <param name="tokens">Patches of a frame (N).</param>
internal sealed class GroupRows(int width, int tokens)
{
    private readonly List<int> _rowOf = [];
    private List<int> _places = [];
    private List<float> _sizes = [];
    private List<int> _lengths = [];
    private float[] _states = [];
    private float[] _spare = [];

    /// <summary>Number of rows (S).</summary>
    public int Count => _places.Count;

    /// <summary>Number of frames.</summary>
    public int Frames => _rowOf.Count / tokens;

    /// <summary><c>[S]</c>: each row's patch, frame-major.</summary>
    public IReadOnlyList<int> Places => _places;

    /// <summary><c>[S]</c>: how many patches each row stands for.</summary>
    public IReadOnlyList<float> Sizes => _sizes;

    /// <summary>Rows of each sequence.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <summary><c>[S, width]</c>.</summary>
    public Span<float> States => _states.AsSpan(0, Count * width);

    /// <summary><c>[S, width]</c>.</summary>
    public TokenMatrix Matrix => new(_states.AsMemory(0, Count * width), width);

    /// <summary><c>[Frames * N]</c>: the row of each patch, or what <see cref="ITowerSink"/> says of patches without one.</summary>
    public int[] RowOf => [.. _rowOf];

    /// <summary>Starts a new group.</summary>
    public void Clear()
    {
        _rowOf.Clear();
        _places.Clear();
        _sizes.Clear();
        _lengths.Clear();
    }

    /// <summary>Adds a frame as a sequence of its own.</summary>
    /// <param name="choice">Which of its patches are encoded.</param>
    /// <returns>Where the states of those patches are to be written.</returns>
    public Span<float> AddFrame(PatchChoice choice)
    {
        int first = Count, frame = Frames;
        foreach (int row in choice.Rows)
            _rowOf.Add(row < 0 ? row : first + row);
        _places.AddRange(choice.Encoded.Select(place => frame * tokens + place));
        _sizes.AddRange(Enumerable.Repeat(1f, choice.Encoded.Length));
        _lengths.Add(choice.Encoded.Length);
        if (_states.Length < Count * width)
            Array.Resize(ref _states, Math.Max(Count * width, 2 * _states.Length));
        return _states.AsSpan(first * width, choice.Encoded.Length * width);
    }

    /// <summary>Puts a method's answer into effect.</summary>
    /// <exception cref="InvalidOperationException">The answer breaks the contract.</exception>
    public void Apply(EncoderStep step)
    {
        ReductionPlan plan = step.Plan;
        if (plan.SourceCount != Count || step.SequenceLengths.Sum() != plan.Count || step.SequenceLengths.Any(length => length < 0))
            throw new InvalidOperationException(
                $"A plan from {plan.SourceCount} rows to {plan.Count}"
                    + $" in sequences of {string.Join(", ", step.SequenceLengths)} does not fit {Count} rows.");
        if (_spare.Length < plan.Count * width)
            _spare = new float[Math.Max(plan.Count * width, _states.Length)];
        plan.Apply(Matrix, _spare.AsSpan(0, plan.Count * width));
        (_states, _spare) = (_spare, _states);
        FollowRows(plan);
        _places = [.. plan.Places.Select(row => _places[row])];
        _sizes = [.. plan.Sizes];
        _lengths = [.. step.SequenceLengths];
    }

    /// <summary>Each patch follows the row in which its own weighs most.</summary>
    private void FollowRows(ReductionPlan plan)
    {
        int[] destinations = plan.Destinations();
        for (int patch = 0; patch < _rowOf.Count; patch++)
            if (_rowOf[patch] >= 0)
                _rowOf[patch] = destinations[_rowOf[patch]] is >= 0 and var row ? row : ITowerSink.Absent;
    }
}
