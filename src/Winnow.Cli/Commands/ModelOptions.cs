using System.CommandLine;
using System.Globalization;
using Winnow.Engine;
using Winnow.Evaluation.Running;
using Winnow.Methods;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Cli.Commands;

/// <summary>The options that every command with a model, a video and a method shares, and what they stand for.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> _model = new("--model")
    {
        Description = "Hugging Face folder of the model; without it the tiny model of this repository.",
        HelpName = "DIR"
    };

    private readonly Option<string> _method = new("--method")
    {
        Description = "How visual tokens are reduced; winnow methods lists them. "
            + "Methods of different places are joined by +, each may carry parameters: rlt:threshold=0.2+mmg-vid.",
        DefaultValueFactory = _ => "mmg-vid",
        HelpName = "NAME"
    };

    private readonly Option<double> _retention = new("--retention")
    {
        Description = "Share of the visual tokens to keep, in (0, 1].",
        DefaultValueFactory = _ => 0.25,
        HelpName = "SHARE"
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "A parameter of the method, name=value; may be given several times.",
        HelpName = "NAME=VALUE"
    };

    private readonly Option<PositionRule?> _positions = new("--positions")
    {
        Description = "Rotary positions of the kept tokens; without it the method's own."
    };

    private readonly Option<int?> _frames = new("--frames")
    {
        Description = "Frames to look at; without it the model's own number, or 32.",
        HelpName = "N"
    };

    private readonly Option<double?> _framesPerSecond = new("--fps")
    {
        Description = "At most this many frames a second; --frames caps their number.",
        HelpName = "RATE"
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads that compute; 0 = one per processor.",
        HelpName = "N"
    };

    private readonly Option<bool> _quantize = new("--int8")
    {
        Description = "Round the weights to int8 while loading: less memory, faster."
    };

    private readonly Option<string?> _poolingHead = new("--pooling-head")
    {
        Description = "Safetensors file with SigLIP's pooling head, for methods that ask for it.",
        HelpName = "FILE"
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[
            _model, _method, _retention, _set, _positions, _frames, _framesPerSecond, _threads, _quantize, _poolingHead
        ])
            command.Options.Add(option);
    }

    /// <summary>Only what concerns the model and the frames, for commands that name methods in their own way.</summary>
    public void AddModelTo(Command command)
    {
        foreach (Option option in (Option[])[_model, _frames, _framesPerSecond, _threads, _quantize, _poolingHead])
            command.Options.Add(option);
    }

    /// <summary>What moves the numbers of an evaluation besides set and method, by name.</summary>
    public IReadOnlyDictionary<string, string> Describe(ParseResult parse) => new Dictionary<string, string>
    {
        ["model"] = parse.GetValue(_model) is { } folder
            ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))
            : "tiny",
        ["weights"] = parse.GetValue(_quantize) ? "int8" : "as stored",
    };

    /// <summary>Which frames are looked at.</summary>
    public EncodeOptions Frames(ParseResult parse) =>
        new() { Frames = parse.GetValue(_frames), FramesPerSecond = parse.GetValue(_framesPerSecond) };

    /// <summary>Threads that compute, as asked for; 0 = one per processor.</summary>
    public int Threads(ParseResult parse) => parse.GetValue(_threads);

    public VideoEngine LoadEngine(ParseResult parse) => LoadEngine(parse, Threads(parse));

    public VideoEngine LoadEngine(ParseResult parse, int threads) =>
        VideoEngine.Load(parse.GetValue(_model) ?? DefaultModel.Folder, new EngineOptions
        {
            Threads = threads,
            Path = KernelPath.Auto,
            Quantize = parse.GetValue(_quantize),
            PoolingHead = parse.GetValue(_poolingHead),
        });

    public string Method(ParseResult parse) => parse.GetRequiredValue(_method);

    /// <summary>The share that was asked for; 1 where nothing is reduced.</summary>
    public double Retention(ParseResult parse) => IsWhole(parse) ? 1 : parse.GetValue(_retention);

    /// <summary>The methods with their parameters, and the rotary positions of the one after the encoder.</summary>
    public ReductionChoice Choice(ParseResult parse)
    {
        IReadOnlyList<MethodPart> parts = MethodPart.Parse(Method(parse));
        return MethodChoice.Combine(
            Method(parse),
            parts.Zip(Assign(parse, parts), (part, values) => (part.Entry, part.Create(values))),
            parse.GetValue(_positions));
    }

    /// <summary>
    /// Which parameter of <c>--set</c> goes to which method: one written <c>method.name=value</c> to that method, others to every method
    /// that knows the name. What a method's name carries itself wins.
    /// </summary>
    private IReadOnlyList<KeyValuePair<string, string>>[] Assign(ParseResult parse, IReadOnlyList<MethodPart> methods)
    {
        MethodEntry[] entries = [.. methods.Select(part => part.Entry)];
        List<KeyValuePair<string, string>>[] values = [.. entries.Select(_ => new List<KeyValuePair<string, string>>
        {
            new("retention", parse.GetValue(_retention).ToString(CultureInfo.InvariantCulture)),
        })];
        foreach (string assignment in parse.GetValue(_set) ?? [])
        {
            string[] parts = assignment.Split('=', 2);
            if (parts.Length != 2)
                throw new WinnowException($"--set {assignment} has no value; write --set name=value, or method.name=value.");
            (string? method, string name) = parts[0].Split('.', 2) is [var first, var second] ? (first, second) : (null, parts[0]);
            int[] takers = [.. Enumerable.Range(0, entries.Length).Where(i =>
                (method is null || entries[i].Card.Id == method)
                && entries[i].Parameters.Any(parameter => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))];
            if (takers.Length == 0)
                throw new WinnowException($"--set {assignment}: {Method(parse)} has no such parameter; known are {string.Join(", ",
                    entries.SelectMany(entry => entry.Parameters).Select(parameter => parameter.Name).Distinct())}.");
            foreach (int i in takers)
                values[i].Add(new(name, parts[1]));
        }
        return values;
    }

    private bool IsWhole(ParseResult parse) => Method(parse) == None.Card.Id;

    /// <summary>Which frames are looked at, and what the methods want to know of them.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="choice">The methods.</param>
    /// <param name="question">The question, for methods that choose frames by it; null where it is not known yet.</param>
    public EncodeOptions Encode(ParseResult parse, ReductionChoice choice, string? question = null) =>
        Frames(parse).For(choice) with { Question = question };
}
