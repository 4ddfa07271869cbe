using System.Globalization;

namespace Winnow.Evaluation.Pictures;

/// <summary>One method's view of a video, to be drawn beside others.</summary>
/// <param name="Title">What stands above it, such as the method and its retention.</param>
/// <param name="Kept">What became of the tokens, or of the patches.</param>
public sealed record KeptView(string Title, KeptTokens Kept)
{
    /// <summary>What was kept at places before, each drawn as a strip with its title; empty for none.</summary>
    public IReadOnlyList<KeptView> Before { get; init; } = [];

    internal string Label => $"{Title}: {Counts}";

    /// <summary>How much is left of how much.</summary>
    internal string Counts => Kept.AreTokens
        ? Text($"{Kept.Count} of {Kept.Grid.Count} tokens{(Kept.SegmentStarts.Count > 0 ? $", {Kept.SegmentStarts.Count} segments" : "")}")
        : Text($"{Kept.Count} rows for {Kept.Grid.Count} patches{Repeated}");

    /// <summary>What the strip under the timeline shows.</summary>
    /// <param name="most">Tokens of a bar of full height.</param>
    internal string StripCaption(int most) => Text($"{(Kept.AreTokens ? "tokens" : "rows")} of each frame, full height {most}")
        + (Kept.SegmentStarts.Count > 1 ? ", lines cut segments" : "");

    private string Repeated =>
        Enumerable.Range(0, Kept.Grid.Count).Count(Kept.IsRepeated) is > 0 and var repeated
            ? Text($", {repeated} repeat (blue)")
            : "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
