using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Winnow.Cli;

/// <summary>Examples below the generated help of a command.</summary>
internal static class Help
{
    public static void AddExamples(Command command, params string[] examples)
    {
        HelpOption? option = command.Options.OfType<HelpOption>().FirstOrDefault();
        if (option is null)
            command.Options.Add(option = new HelpOption());
        option.Action = new WithExamples((HelpAction)option.Action!, examples);
    }

    private sealed class WithExamples(HelpAction help, string[] examples) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
            return code;
        }
    }
}
