namespace Winnow.Reduction;

/// <summary>The frames that a selector may choose from, and what it asked to know of them.</summary>
public sealed class FrameCandidates
{
    private readonly IReadOnlyDictionary<SignalRequest, SignalValue> _signals;

    /// <summary>Takes the candidates of one video; nothing is copied.</summary>
    /// <param name="times">When each candidate is shown, rising; at least one.</param>
    /// <param name="wanted">How many frames the model is to see, at least 1; there may be fewer candidates.</param>
    /// <param name="signals">The signals that the selector declared, by request; null for none.</param>
    /// <exception cref="ArgumentException">There is no candidate, times do not rise, a signal's values are not finite, or one is not
    /// about as many frames.</exception>
    public FrameCandidates(IReadOnlyList<TimeSpan> times, int wanted, IReadOnlyDictionary<SignalRequest, SignalValue>? signals = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1);
        if (times.Count == 0)
            throw new ArgumentException("There is no candidate frame to choose from.", nameof(times));
        for (int i = 1; i < times.Count; i++)
            if (times[i] <= times[i - 1])
                throw new ArgumentException(
                    $"Candidate {i} is shown at {times[i]}, not after candidate {i - 1} at {times[i - 1]}.", nameof(times));
        (Times, Wanted) = (times, wanted);
        _signals = signals ?? new Dictionary<SignalRequest, SignalValue>();
        foreach ((SignalRequest request, SignalValue value) in _signals)
            Check(request.Kind, value);
    }

    /// <summary><c>[C]</c>: when each candidate is shown.</summary>
    public IReadOnlyList<TimeSpan> Times { get; }

    /// <summary>Number of candidates (C).</summary>
    public int Count => Times.Count;

    /// <summary>How many frames the model is to see.</summary>
    public int Wanted { get; }

    /// <summary>A signal that the selector declared; its frames are the candidates.</summary>
    /// <exception cref="InvalidOperationException">The signal was not given.</exception>
    public SignalValue Require(Signal kind) => Find(kind)
        ?? throw new InvalidOperationException(
            $"The signal {kind} was not given; a selector must declare it in FrameNeeds, and the caller must provide it.");

    /// <summary>A signal if it was given, otherwise null.</summary>
    public SignalValue? Find(Signal kind) => _signals.GetValueOrDefault(new SignalRequest(kind));

    private void Check(Signal kind, SignalValue value)
    {
        if (kind != Signal.TextEmbeddings && value.Shape[0] != Count)
            throw new ArgumentException($"{kind} is about {value.Shape[0]} frames; there are {Count} candidates.");
        foreach (float number in value.Values.Span)
            if (!float.IsFinite(number))
                throw new ArgumentException($"{kind} holds {number}; every value must be finite.");
    }
}
