namespace Winnow.Evaluation.Answering;

/// <summary>Frames in whole steps from the first, at most one a second, as LongVideoBench's loader for strung frames takes them.</summary>
internal static class EqualSteps
{
    /// <summary><c>int(T / n) * i</c> with <c>n = min(count, int(seconds))</c>, of at least one frame.</summary>
    /// <param name="seconds">Length of the part.</param>
    /// <param name="frames">Frames of the part (T).</param>
    /// <param name="count">Most frames to take, at least 1.</param>
    public static int[] Indices(double seconds, int frames, int count)
    {
        int taken = Math.Clamp((int)seconds, 1, count), step = frames / taken;
        return [.. Enumerable.Range(0, taken).Select(i => step * i)];
    }
}
