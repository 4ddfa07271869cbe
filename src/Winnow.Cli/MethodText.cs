using System.Globalization;
using System.Text;
using Winnow.Reduction;

namespace Winnow.Cli;

/// <summary>A catalog entry in words: for the terminal, for machines, and as the page docs/methods.md.</summary>
internal static class MethodText
{
    /// <summary>A name of the code as users write it: <c>ReceivedAttention</c> is <c>received-attention</c>.</summary>
    public static string Name<T>(T value) where T : struct, Enum =>
        string.Concat(value.ToString().Select(
            (letter, i) => char.IsUpper(letter) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(letter) : letter.ToString()));

    public static string Places(MethodCard card) =>
        string.Join(", ", Enum.GetValues<MethodPlaces>().Where(place => card.Places.HasFlag(place)).Select(place => Name(place)));

    /// <summary>The signals that a method asks for with its default options, preferred ones only.</summary>
    public static IReadOnlyList<string> Signals(MethodEntry entry)
    {
        object method = entry.Create([]);
        IEnumerable<SignalNeed> needs = [.. (method as ITokenReducer)?.Needs ?? [], .. (method as IFrameSelector)?.FrameNeeds ?? []];
        return [.. needs.Select(need => Name(need.Alternatives[0].Kind)).Distinct()];
    }

    public static string SignalList(MethodEntry entry) => Signals(entry) is { Count: > 0 } signals ? string.Join(", ", signals) : "none";

    public static object Json(MethodEntry entry) => new
    {
        entry.Card.Id,
        entry.Card.Name,
        entry.Card.Paper,
        Arxiv = entry.Card.ArXiv,
        entry.Card.OfficialCode,
        Places = Enum.GetValues<MethodPlaces>().Where(place => entry.Card.Places.HasFlag(place)).Select(place => Name(place)),
        Family = Name(entry.Card.Family),
        Signals = Signals(entry),
        entry.Card.ChooseWhen,
        entry.Card.BudgetRule,
        entry.Card.ExtraCost,
        Positions = Name(entry.Card.Positions),
        entry.Card.Deviations,
        Parameters = entry.Parameters.Select(
            parameter => new { parameter.Name, parameter.Symbol, parameter.Meaning, parameter.Default, parameter.Range }),
    };

    public static string Card(MethodEntry entry)
    {
        var text = new StringBuilder();
        Describe(text, entry, heading: "");
        return text.ToString();
    }

    public static string Markdown(IReadOnlyList<MethodEntry> entries)
    {
        var text = new StringBuilder();
        text.AppendLine("# Methods").AppendLine();
        text.AppendLine("Generated from the catalog by `./winnow methods --markdown > docs/methods.md`; do not edit by hand.").AppendLine();
        foreach (IGrouping<MethodFamily, MethodEntry> family in entries.GroupBy(entry => entry.Card.Family).OrderBy(group => group.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {family.Key}").AppendLine();
            text.AppendLine("| method | places | signals | choose it for |").AppendLine("|---|---|---|---|");
            foreach (MethodEntry entry in family)
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| [{entry.Card.Id}](#{entry.Card.Id}) | {Places(entry.Card)} | {SignalList(entry)} | {entry.Card.ChooseWhen} |");
            text.AppendLine();
        }
        foreach (MethodEntry entry in entries)
            Describe(text, entry, heading: "### ");
        return text.ToString().TrimEnd() + Environment.NewLine;
    }

    private static void Describe(StringBuilder text, MethodEntry entry, string heading)
    {
        MethodCard card = entry.Card;
        text.AppendLine(CultureInfo.InvariantCulture, $"{heading}{card.Id}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{card.Paper}{(card.ArXiv is null ? "" : $", arXiv {card.ArXiv}")}."
            + $"{(card.OfficialCode is null ? "" : $" Follows {card.OfficialCode}.")}").AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"- acts: {Places(card)}; signals: {SignalList(entry)}; positions: {Name(card.Positions)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- budget: {card.BudgetRule}");
        if (card.ExtraCost is { } cost)
            text.AppendLine(CultureInfo.InvariantCulture, $"- extra cost: {cost}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- choose it for: {card.ChooseWhen}");
        foreach (string deviation in card.Deviations)
            text.AppendLine(CultureInfo.InvariantCulture, $"- deviation: {deviation}");
        text.AppendLine().AppendLine("| parameter | symbol | default | range | meaning |").AppendLine("|---|---|---|---|---|");
        foreach (Parameter parameter in entry.Parameters)
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {parameter.Name} | {parameter.Symbol} | {parameter.Default} | "
                    + $"{parameter.Range.Replace("|", "\\|", StringComparison.Ordinal)} | {parameter.Meaning} |");
        text.AppendLine();
    }
}
