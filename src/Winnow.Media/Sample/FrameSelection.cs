namespace Winnow.Media;

/// <summary>The frames that go on, by number.</summary>
public sealed record FrameSelection
{
    /// <summary>Frame numbers in the order in which they go on, never decreasing; a short video repeats some.</summary>
    public required IReadOnlyList<int> Indices { get; init; }

    /// <summary>
    /// The time of each chosen frame in seconds as the rule states it to the model, or null where the rule states none. These follow the
    /// reference code (frame number over a rate), not the container's time stamps: see <see cref="SampledVideo{TFrame}.Times"/> for those.
    /// </summary>
    public IReadOnlyList<double>? StatedSeconds { get; init; }

    /// <summary>Number of frames that were chosen from (T).</summary>
    public required int FrameCount { get; init; }

    /// <summary>The distinct frame numbers, increasing.</summary>
    public IReadOnlyList<int> Distinct() => [.. Indices.Distinct().Order()];
}
