using System.CommandLine;
using Spectre.Console;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow methods</c>: the catalog, as a table, one method in full, JSON, or the page docs/methods.md.</summary>
internal static class MethodsCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("method") { Description = "Show one method in full.", Arity = ArgumentArity.ZeroOrOne };
        var place = new Option<string?>("--place")
        {
            Description = $"Only methods that act there: {string.Join(", ", Enum.GetValues<MethodPlaces>().Select(MethodText.Name))}."
        };
        var needs = new Option<string?>("--needs")
        {
            Description = "Only methods with that signal (received-attention, text-embeddings, ...), or \"none\"."
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var markdown = new Option<bool>("--markdown") { Description = "Print the page docs/methods.md." };
        var command = new Command("methods", "Lists the methods: paper, place, signals, parameters.") { id, place, needs, json, markdown };
        Help.AddExamples(command,
            "winnow methods",
            "winnow methods mmg-vid",
            "winnow methods --place after-encoder --needs none",
            "winnow methods --markdown > docs/methods.md");
        command.SetAction(parse =>
        {
            IReadOnlyList<MethodEntry> entries = parse.GetValue(id) is { } one
                ? [Catalog.Find(one)]
                : Filter(parse.GetValue(place), parse.GetValue(needs));
            if (parse.GetValue(json))
                JsonOutput.Write(new { Methods = entries.Select(MethodText.Json) });
            else if (parse.GetValue(markdown))
                Console.Out.Write(MethodText.Markdown(entries));
            else if (parse.GetValue(id) is not null)
                Console.Out.Write(MethodText.Card(entries[0]));
            else
                PrintTable(entries);
        });
        return command;
    }

    private static IReadOnlyList<MethodEntry> Filter(string? place, string? needs)
    {
        IEnumerable<MethodEntry> entries = Catalog.All;
        if (place is not null)
        {
            MethodPlaces[] known = Enum.GetValues<MethodPlaces>();
            MethodPlaces wanted = known.FirstOrDefault(value => MethodText.Name(value) == place);
            if (wanted == 0)
                throw new WinnowException($"There is no place {place}; known are {string.Join(", ", known.Select(MethodText.Name))}.");
            entries = entries.Where(entry => entry.Card.Places.HasFlag(wanted));
        }
        if (needs is not null)
        {
            string[] known = ["none", .. Enum.GetValues<Signal>().Select(MethodText.Name)];
            if (!known.Contains(needs))
                throw new WinnowException($"There is no signal {needs}; known are {string.Join(", ", known)}.");
            entries = entries.Where(
                entry => MethodText.Signals(entry) is var signals && (needs == "none" ? signals.Count == 0 : signals.Contains(needs)));
        }
        return [.. entries];
    }

    private static void PrintTable(IReadOnlyList<MethodEntry> entries)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("method", "places", "family", "signals", "choose it for");
        foreach (MethodEntry entry in entries)
            table.AddRow(
                $"[bold]{entry.Card.Id}[/]",
                MethodText.Places(entry.Card),
                MethodText.Name(entry.Card.Family),
                Markup.Escape(MethodText.SignalList(entry)),
                Markup.Escape(entry.Card.ChooseWhen));
        Terminal.Output.Write(table);
        Terminal.Output.WriteLine($"{entries.Count} methods; winnow methods NAME shows one in full.");
    }
}
