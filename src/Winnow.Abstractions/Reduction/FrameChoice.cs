namespace Winnow.Reduction;

/// <summary>What a frame selector answers: the candidates that go on.</summary>
public sealed class FrameChoice
{
    /// <summary>States a choice.</summary>
    /// <param name="indices">Chosen candidates, strictly rising.</param>
    /// <param name="scales">By how much both sides of each chosen frame are divided before encoding, at least 1 each; null for 1.</param>
    /// <param name="trace">What explains the choice.</param>
    /// <exception cref="ArgumentException">Indices do not rise strictly, or scales are fewer, more or below 1.</exception>
    public FrameChoice(IReadOnlyList<int> indices, IReadOnlyList<double>? scales = null, PlanTrace? trace = null)
    {
        for (int i = 0; i < indices.Count; i++)
            if (indices[i] < 0 || (i > 0 && indices[i] <= indices[i - 1]))
                throw new ArgumentException($"The chosen frames {string.Join(", ", indices)} do not rise from 0 on.", nameof(indices));
        if (scales is not null && (scales.Count != indices.Count || scales.Any(scale => !(scale >= 1))))
            throw new ArgumentException(
                $"{indices.Count} frames need as many scales of at least 1; given are {string.Join(", ", scales)}.", nameof(scales));
        (Indices, Scales, Trace) = (indices, scales, trace ?? new PlanTrace());
    }

    /// <summary>Chosen candidates, strictly rising.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>By how much both sides of each chosen frame are divided before encoding; null where all keep their size.</summary>
    public IReadOnlyList<double>? Scales { get; }

    /// <summary>What explains the choice.</summary>
    public PlanTrace Trace { get; }
}
