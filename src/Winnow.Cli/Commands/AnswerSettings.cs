using System.CommandLine;
using Winnow.Engine;
using Winnow.Models.Generate;

namespace Winnow.Cli.Commands;

/// <summary>The options of generating an answer, shared by <c>ask</c> and <c>chat</c>.</summary>
internal sealed class AnswerSettings
{
    private readonly Option<int> _maximumTokens = new("--max-tokens")
    {
        Description = "Longest answer in tokens.",
        DefaultValueFactory = _ => 256,
        HelpName = "N"
    };

    private readonly Option<float?> _temperature = new("--temperature")
    {
        Description = "Sample with this temperature; without it greedy.",
        HelpName = "T"
    };

    private readonly Option<float> _topP = new("--top-p")
    {
        Description = "Sample from the most likely tokens that make up this share.",
        DefaultValueFactory = _ => 1f,
        HelpName = "P"
    };

    private readonly Option<int> _topK = new("--top-k")
    {
        Description = "Sample from this many most likely tokens; 0 = all.",
        HelpName = "K"
    };

    private readonly Option<float> _penalty = new("--repetition-penalty")
    {
        Description = "Divide the logits of tokens already there; 1 = off.",
        DefaultValueFactory = _ => 1f,
        HelpName = "R"
    };

    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the sampling.", HelpName = "N" };

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Text that ends the answer; may be given several times.",
        HelpName = "TEXT"
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_maximumTokens, _temperature, _topP, _topK, _penalty, _seed, _stop])
            command.Options.Add(option);
    }

    public AnswerOptions Read(ParseResult parse)
    {
        bool samples = parse.GetValue(_temperature) is > 0;
        bool asked = samples || parse.GetValue(_penalty) != 1f;
        if (!samples && (parse.GetValue(_topP) != 1f || parse.GetValue(_topK) != 0))
            throw new WinnowException("--top-p and --top-k choose among likely tokens; they need --temperature above 0.");
        return new AnswerOptions
        {
            MaximumTokens = parse.GetValue(_maximumTokens),
            Stops = parse.GetValue(_stop) ?? [],
            Sampling = !asked ? null : new SamplingOptions
            {
                Temperature = parse.GetValue(_temperature) ?? 0,
                TopP = parse.GetValue(_topP),
                TopK = parse.GetValue(_topK),
                RepetitionPenalty = parse.GetValue(_penalty),
                Seed = parse.GetValue(_seed),
            },
        };
    }
}
