using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Winnow.Bench;
using Winnow.Numerics;

namespace Winnow.Cli.Commands;

/// <summary>The options that every benchmark shares: what is built, and on how many threads.</summary>
internal sealed class BenchShapes
{
    private readonly Option<string> _config = new("--config")
    {
        Description = "Shapes to measure: llava-onevision-0.5b, llava-onevision-7b, tiny, or a folder with a config.json.",
        DefaultValueFactory = _ => BenchConfiguration.Default,
        HelpName = "NAME",
    };

    private readonly Option<string> _weights = new("--weights")
    {
        Description = "How the made-up matrices are stored.",
        DefaultValueFactory = _ => Name(WeightType.Int8),
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads that compute; 0 = one per processor.",
        HelpName = "N"
    };

    public BenchShapes() => _weights.AcceptOnlyFromAmong([.. Enum.GetValues<WeightType>().Select(Name)]);

    /// <summary>Each step as a line on standard error.</summary>
    public IProgress<string> Progress { get; } = new ImmediateProgress<string>(
        step => Terminal.Error.MarkupLine($"[grey]{Markup.Escape(step)}[/]"));

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_config, _weights, _threads])
            command.Options.Add(option);
    }

    public BenchOptions Options(ParseResult parse) => new()
    {
        Configuration = BenchConfiguration.Find(parse.GetRequiredValue(_config)),
        Weights = Enum.Parse<WeightType>(parse.GetRequiredValue(_weights), ignoreCase: true),
        Threads = parse.GetValue(_threads),
    };

    /// <summary>The same choice as arguments for another process.</summary>
    public IReadOnlyList<string> Arguments(ParseResult parse) =>
    [
        _config.Name, parse.GetRequiredValue(_config),
        _weights.Name, parse.GetRequiredValue(_weights),
        _threads.Name, parse.GetValue(_threads).ToString(CultureInfo.InvariantCulture),
    ];

    private static string Name(WeightType type) => type.ToString().ToLowerInvariant();
}
