using Winnow.Models.Encode;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>
/// A video as the language model takes it: visual tokens after projector and pooling, and the signals asked for beside them.
/// </summary>
public sealed class EncodedVideo
{
    /// <summary>Takes tokens that have been made, by a tower or otherwise; nothing is copied.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major: as wide as the language model's rows.</param>
    /// <param name="grid">Frames, rows and columns of the tokens.</param>
    /// <param name="signals">What was asked for beside them, by request.</param>
    /// <exception cref="ArgumentException">Grid and features disagree.</exception>
    public EncodedVideo(TokenMatrix features, TokenGrid grid, IReadOnlyDictionary<SignalRequest, SignalValue> signals)
    {
        if (features.Count != grid.Count)
            throw new ArgumentException(
                $"The grid {grid.Frames} x {grid.Rows} x {grid.Columns} has {grid.Count} tokens; {features.Count} were given.",
                nameof(features));
        (Features, Grid, Signals, Absent, Work) = (features, grid, signals, [], new TowerWork());
    }

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

    /// <summary>The tower's patches.</summary>
    public TokenGrid Patches { get; init; }

    /// <summary>
    /// <c>[Patches]</c>, for pictures: for each patch the row of the tower's output that holds its features; patches of one row were
    /// merged. -1 where it repeats the frame before, -2 where it was left out. Empty where nothing was reduced before or inside the tower.
    /// </summary>
    public IReadOnlyList<int> PatchRows { get; init; } = [];

    /// <summary>Everything but the tokens that are absent; null where none is.</summary>
    public ReductionPlan? WithoutAbsent()
    {
        if (Absent.Count == 0)
            return null;
        HashSet<int> absent = [.. Absent];
        return ReductionPlan.Keep([.. Enumerable.Range(0, Grid.Count).Where(token => !absent.Contains(token))], Grid.Count);
    }
}
