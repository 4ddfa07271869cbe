namespace Winnow.Bench;

/// <summary>Peak memory of a process that builds the model, encodes one frame, reads a prompt and answers with a few tokens.</summary>
/// <param name="PeakBytes">Peak resident set of the process, runtime and code included.</param>
/// <param name="WeightBytes">The model's weights as they are stored.</param>
/// <param name="CacheBytes">Keys and values of the rows in the cache.</param>
/// <param name="ActivationBytes">One layer's activations.</param>
/// <param name="Tokens">Rows of the prompt.</param>
public sealed record MemoryResult(long PeakBytes, long WeightBytes, long CacheBytes, long ActivationBytes, int Tokens)
{
    /// <summary>What cannot be done without.</summary>
    public long FloorBytes => WeightBytes + CacheBytes + ActivationBytes;

    /// <summary>The peak over the floor.</summary>
    public double OverFloor => (double)PeakBytes / FloorBytes;
}
