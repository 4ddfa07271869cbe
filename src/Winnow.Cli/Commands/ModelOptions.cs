using System.CommandLine;
using System.Globalization;
using Winnow.Engine;
using Winnow.Methods;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Cli.Commands;

/// <summary>The options that every command with a model, a video and a method shares, and what they stand for.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> _model = new("--model") { Description = "Hugging Face folder of the model; without it the tiny model of this repository.", HelpName = "DIR" };
    private readonly Option<string> _method = new("--method") { Description = "How visual tokens are reduced; winnow methods lists them.", DefaultValueFactory = _ => "mmg-vid", HelpName = "NAME" };
    private readonly Option<double> _retention = new("--retention") { Description = "Share of the visual tokens to keep, in (0, 1].", DefaultValueFactory = _ => 0.25, HelpName = "SHARE" };
    private readonly Option<string[]> _set = new("--set") { Description = "A parameter of the method, name=value; may be given several times.", HelpName = "NAME=VALUE" };
    private readonly Option<PositionRule?> _positions = new("--positions") { Description = "Rotary positions of the kept tokens; without it the method's own." };
    private readonly Option<int?> _frames = new("--frames") { Description = "Frames to look at; without it the model's own number, or 32.", HelpName = "N" };
    private readonly Option<double?> _framesPerSecond = new("--fps") { Description = "At most this many frames a second; --frames caps their number.", HelpName = "RATE" };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads that compute; 0 = one per processor.", HelpName = "N" };
    private readonly Option<bool> _quantize = new("--int8") { Description = "Round the weights to int8 while loading: less memory, faster." };
    private readonly Option<string?> _poolingHead = new("--pooling-head") { Description = "Safetensors file with SigLIP's pooling head, for methods that ask for it.", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_model, _method, _retention, _set, _positions, _frames, _framesPerSecond, _threads, _quantize, _poolingHead])
            command.Options.Add(option);
    }

    public VideoEngine LoadEngine(ParseResult parse) => VideoEngine.Load(parse.GetValue(_model) ?? DefaultModel.Folder, new EngineOptions
    {
        Threads = parse.GetValue(_threads),
        Path = KernelPath.Auto,
        Quantize = parse.GetValue(_quantize),
        PoolingHead = parse.GetValue(_poolingHead),
    });

    public string Method(ParseResult parse) => parse.GetRequiredValue(_method);

    /// <summary>The share that was asked for; 1 where nothing is reduced.</summary>
    public double Retention(ParseResult parse) => IsWhole(parse) ? 1 : parse.GetValue(_retention);

    /// <summary>The method with its parameters, and its rotary positions.</summary>
    public ReductionChoice Choice(ParseResult parse)
    {
        MethodEntry entry = Catalog.Find(Method(parse));
        if (IsWhole(parse))
            return ReductionChoice.None;
        var values = new List<KeyValuePair<string, string>> { new("retention", Retention(parse).ToString(CultureInfo.InvariantCulture)) };
        foreach (string assignment in parse.GetValue(_set) ?? [])
        {
            string[] parts = assignment.Split('=', 2);
            if (parts.Length != 2)
                throw new WinnowException($"--set {assignment} has no value; write --set name=value.");
            values.Add(new(parts[0], parts[1]));
        }
        return new ReductionChoice
        {
            Reducer = entry.CreateTokenReducer(Parameters.Create(entry.OptionsType, values)),
            Positions = parse.GetValue(_positions) ?? entry.Card.Positions,
        };
    }

    private bool IsWhole(ParseResult parse) => Method(parse) == None.Card.Id;

    public EncodeOptions Encode(ParseResult parse, ReductionChoice choice) => new()
    {
        Frames = parse.GetValue(_frames),
        FramesPerSecond = parse.GetValue(_framesPerSecond),
        Needs = choice.Reducer?.Needs ?? [],
    };
}
