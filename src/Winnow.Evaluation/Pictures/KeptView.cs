using System.Globalization;

namespace Winnow.Evaluation.Pictures;

/// <summary>One method's view of a video, to be drawn beside others.</summary>
/// <param name="Title">What stands above it, such as the method and its retention.</param>
/// <param name="Kept">What became of the tokens.</param>
public sealed record KeptView(string Title, KeptTokens Kept)
{
    internal string Label => string.Create(CultureInfo.InvariantCulture, $"{Title}: {Kept.Count} of {Kept.Grid.Count} tokens{(Kept.SegmentStarts.Count > 0 ? $", {Kept.SegmentStarts.Count} segments" : "")}");
}
