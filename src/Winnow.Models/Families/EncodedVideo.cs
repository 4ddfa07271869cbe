using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>
/// A video as the language model takes it: visual tokens after projector and pooling, and the signals asked for beside them.
/// </summary>
public sealed class EncodedVideo
{
    internal EncodedVideo(TokenMatrix features, TokenGrid grid, IReadOnlyDictionary<SignalRequest, SignalValue> signals) =>
        (Features, Grid, Signals) = (features, grid, signals);

    /// <summary><c>[F * N, D]</c>, frame-major; newlines are not among them.</summary>
    public TokenMatrix Features { get; }

    /// <summary>Frames, rows and columns of the tokens.</summary>
    public TokenGrid Grid { get; }

    /// <summary>The signals, by the requests as they were given.</summary>
    public IReadOnlyDictionary<SignalRequest, SignalValue> Signals { get; }
}
