using Winnow.Models.Encode;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>
/// A video as the language model takes it: visual tokens after projector and pooling, and the signals asked for beside them.
/// </summary>
public sealed class EncodedVideo
{
    internal EncodedVideo(TokenMatrix features, TokenGrid grid, IReadOnlyDictionary<SignalRequest, SignalValue> signals) =>
        (Features, Grid, Signals, Absent, Work) = (features, grid, signals, [], new TowerWork());

    /// <summary><c>[F * N, D]</c>, frame-major; newlines are not among them.</summary>
    public TokenMatrix Features { get; }

    /// <summary>Frames, rows and columns of the tokens.</summary>
    public TokenGrid Grid { get; }

    /// <summary>The signals, by the requests as they were given.</summary>
    public IReadOnlyDictionary<SignalRequest, SignalValue> Signals { get; }

    /// <summary>
    /// Tokens, rising, of whose patches nothing came out of the tower: their features are the nearest patches', and they have nothing to
    /// tell.
    /// </summary>
    public IReadOnlyList<int> Absent { get; init; }

    /// <summary>How much of the tower's work was done.</summary>
    public TowerWork Work { get; init; }

    /// <summary>Everything but the tokens that are absent; null where none is.</summary>
    public ReductionPlan? WithoutAbsent()
    {
        if (Absent.Count == 0)
            return null;
        HashSet<int> absent = [.. Absent];
        return ReductionPlan.Keep([.. Enumerable.Range(0, Grid.Count).Where(token => !absent.Contains(token))], Grid.Count);
    }
}
