using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Winnow.Models.Families;
using Winnow.Numerics;

namespace Winnow.Cli.Commands;

/// <summary>
/// <c>winnow quantize DIR --out DIR</c>: a folder with int8 weights, which is mapped when it is loaded instead of rounded.
/// </summary>
internal static class QuantizeCommand
{
    private const int DefaultGroup = 128;

    public static Command Create()
    {
        var source = new Argument<string>("dir") { Description = "Hugging Face folder of the model." };
        var destination = new Option<string>("--out")
        {
            Description = "Folder to write; it must not hold weights.",
            Required = true,
            HelpName = "DIR"
        };
        var group = new Option<int>("--group")
        {
            Description = "Inputs that share one scale: a multiple of 4 from 16 to 1024.",
            DefaultValueFactory = _ => DefaultGroup,
            HelpName = "N",
        };
        var threads = new Option<int>("--threads") { Description = "Threads that compute; 0 = one per processor.", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("quantize", "Writes a copy of a model folder with int8 weights: a quarter of float32's size.")
        {
            source, destination, group, threads, json,
        };
        Help.AddExamples(command,
            "winnow quantize models/llava --out models/llava-int8",
            "winnow ask VIDEO QUESTION --model models/llava-int8");
        command.SetAction((parse, cancellation) =>
        {
            using var compute = new Compute(parse.GetValue(threads));
            var time = Stopwatch.StartNew();
            QuantizationResult result = Run(
                parse.GetRequiredValue(source), parse.GetRequiredValue(destination), compute, parse.GetValue(group), cancellation);
            if (parse.GetValue(json))
                JsonOutput.Write(new
                {
                    Destination = parse.GetRequiredValue(destination),
                    GroupSize = parse.GetValue(group),
                    result.Matrices,
                    result.BytesBefore,
                    result.BytesAfter,
                    Seconds = time.Elapsed.TotalSeconds,
                });
            else
                Terminal.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{parse.GetRequiredValue(destination)}: {result.Matrices} matrices in int8, {result.BytesBefore / 1e6:F1} MB became "
                    + $"{result.BytesAfter / 1e6:F1} MB in {time.Elapsed.TotalSeconds:F1} s"));
            return Task.FromResult(0);
        });
        return command;
    }

    private static QuantizationResult Run(string source, string destination, Compute compute, int group, CancellationToken cancellation)
    {
        QuantizationResult? result = null;
        Terminal.Error.Status().Start("reading", status =>
        {
            var progress = new ImmediateProgress<string>(name => status.Status(Markup.Escape(name)));
            result = QuantizedFolder.Write(source, destination, compute, group, progress, cancellation);
        });
        return result!;
    }
}
