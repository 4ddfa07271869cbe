namespace Winnow.Bench;

/// <summary>One video, dense and reduced.</summary>
/// <param name="Video">Name of the file.</param>
/// <param name="Dense">Every token of every frame.</param>
/// <param name="Reduced">With the methods.</param>
public sealed record FirstTokenClip(string Video, FirstTokenPath Dense, FirstTokenPath Reduced)
{
    /// <summary>How many times sooner the first token comes.</summary>
    public double Speedup => Dense.Seconds / Reduced.Seconds;
}
