namespace Winnow.Reduction;

/// <summary>Collects the tokens of a <see cref="ReductionPlan"/> in the order in which they go on.</summary>
public sealed class ReductionPlanBuilder
{
    private readonly int _sourceCount;
    private readonly List<int> _offsets = [0];
    private readonly List<int> _sources = [];
    private readonly List<float> _weights = [];
    private readonly List<int> _places = [];
    private readonly List<float> _sizes = [];
    private readonly HashSet<int> _maxima = [];

    /// <summary>Starts an empty plan over <paramref name="sourceCount"/> tokens.</summary>
    public ReductionPlanBuilder(int sourceCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sourceCount);
        _sourceCount = sourceCount;
    }

    /// <summary>Number of tokens so far.</summary>
    public int Count => _places.Count;

    /// <summary>Keeps one source token as it is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the source.</exception>
    public void Keep(int token)
    {
        Add(token, 1f);
        Close(token, 1f);
    }

    /// <summary>Emits the plain mean of source tokens.</summary>
    /// <param name="place">The source token under whose index the mean is kept.</param>
    /// <param name="members">The averaged tokens, at least one.</param>
    public void Mean(int place, ReadOnlySpan<int> members)
    {
        if (members.IsEmpty)
            throw new ArgumentException("A mean needs at least one member.", nameof(members));
        foreach (int member in members)
            Add(member, 1f / members.Length);
        Close(place, members.Length);
    }

    /// <summary>Emits the largest value of source tokens in every channel: max pooling.</summary>
    /// <param name="place">The source token under whose index the maximum is kept.</param>
    /// <param name="members">The pooled tokens, at least one.</param>
    public void Maximum(int place, ReadOnlySpan<int> members)
    {
        _maxima.Add(Count);
        Mean(place, members);
    }

    /// <summary>Emits a weighted sum of source tokens.</summary>
    /// <param name="place">The source token under whose index the sum is kept.</param>
    /// <param name="members">Source tokens.</param>
    /// <param name="weights">One weight for each member.</param>
    /// <param name="size">How many source tokens it stands for.</param>
    public void Sum(int place, ReadOnlySpan<int> members, ReadOnlySpan<float> weights, float size)
    {
        if (members.Length != weights.Length || members.IsEmpty)
            throw new ArgumentException(
                $"A sum needs as many weights as members, at least one; there are {members.Length} members and {weights.Length} weights.",
                nameof(weights));
        for (int i = 0; i < members.Length; i++)
            Add(members[i], weights[i]);
        Close(place, size);
    }

    /// <summary>Ends the plan.</summary>
    public ReductionPlan Build(PlanTrace? trace = null) =>
        new(_sourceCount, [.. _offsets], [.. _sources], [.. _weights], [.. _places], [.. _sizes], _maxima, trace ?? new PlanTrace());

    private void Add(int source, float weight)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(source, _sourceCount);
        _sources.Add(source);
        _weights.Add(weight);
    }

    private void Close(int place, float size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, _sourceCount);
        _places.Add(place);
        _sizes.Add(size);
        _offsets.Add(_sources.Count);
    }
}
