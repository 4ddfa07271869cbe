namespace Winnow.Reduction;

/// <summary>A method that chooses which of many candidate frames go on to the vision encoder.</summary>
/// <remarks>
/// Declares in <see cref="FrameNeeds"/> what <see cref="Select"/> reads of every candidate; the caller computes it from small pictures.
/// Same candidates, same choice.
/// Instances hold options only and may be shared between threads.
/// </remarks>
public interface IFrameSelector
{
    /// <summary>
    /// The signals that the choice reads, with candidates for frames: <see cref="Signal.FrameScores"/>,
    /// <see cref="Signal.FrameEmbeddings"/>, <see cref="Signal.FrameHistograms"/>, <see cref="Signal.TextEmbeddings"/>.
    /// </summary>
    IReadOnlyList<SignalNeed> FrameNeeds { get; }

    /// <summary>Chooses.</summary>
    /// <exception cref="ArgumentException">The candidates do not fit the method or its options; the message names the value.</exception>
    FrameChoice Select(FrameCandidates candidates);
}
