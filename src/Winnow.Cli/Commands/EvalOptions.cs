using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Winnow.Evaluation;
using Winnow.Evaluation.Benchmarks;
using Winnow.Evaluation.Parsing;
using Winnow.Evaluation.Running;

namespace Winnow.Cli.Commands;

/// <summary>Which questions are asked, how, and under which methods: what <c>eval</c> and <c>tune</c> share.</summary>
internal sealed class EvalOptions(string defaultMethods, string defaultRetention)
{
    private readonly Argument<string?> _set = new("set")
    {
        Description = "Folder of the question set; without it the embedded tinyworld.",
        Arity = ArgumentArity.ZeroOrOne
    };

    private readonly Option<string?> _benchmark = new("--benchmark")
    {
        Description = $"Layout of the folder, where it is not recognised: "
            + $"{string.Join(", ", BenchmarkCatalog.All.Select(item => item.Name))}.",
        HelpName = "NAME"
    };

    private readonly Option<string?> _split = new("--split")
    {
        Description = "Part of the benchmark; without it the one that papers report.",
        HelpName = "NAME"
    };

    private readonly Option<string> _methods = new("--methods")
    {
        Description = "Methods, separated by commas, or all. Methods of different places are joined by +, "
            + "each may carry parameters: rlt:threshold=0.2+mmg-vid.",
        DefaultValueFactory = _ => defaultMethods,
        HelpName = "LIST"
    };

    private readonly Option<string> _retention = new("--retention")
    {
        Description = "Shares of the visual tokens to keep, separated by commas, each in (0, 1].",
        DefaultValueFactory = _ => defaultRetention,
        HelpName = "LIST"
    };

    private readonly Option<Scorer?> _scorer = new("--score")
    {
        Description = "How answers are judged; without it as the set's authors do."
    };

    private readonly Option<string> _parser = new("--parser")
    {
        Description = $"What finds the letter in a reply: {string.Join(", ", ReplyParsers.Names)}, or harness for the benchmark's own.",
        DefaultValueFactory = _ => "strict",
        HelpName = "NAME"
    };

    private readonly Option<HarnessVersion> _harness = new("--harness")
    {
        Description = "Generation of lmms-eval whose prompts are followed: current (commit 75571cfe), "
            + "or v030 (0.3.0, which most pruning papers used)."
    };

    private readonly Option<bool> _llavaVideo = new("--llava-video-wording")
    {
        Description = "Use the wording for LLaVA-Video where a benchmark has one (Video-MME)."
    };

    private readonly Option<SubtitlePlacement> _subtitles = new("--subtitles")
    {
        Description = "Where subtitles stand in the prompt: none, after-video (Video-MME, LongVideoBench), "
            + "or interleaved with the frames (LongVideoBench).",
        CustomParser = ReadPlacement,
        HelpName = "PLACE"
    };

    private readonly Option<bool> _askForLetter = new("--ask-for-letter")
    {
        Description = "Show lettered options and ask for a letter where the set's prompt does not (jsonl, next-qa)."
    };

    private readonly Option<bool> _ownBudgets = new("--own-budgets")
    {
        Description = "Leave each method the number of tokens that its rule gives; without it all are made to keep equally many."
    };

    private readonly Option<int?> _limit = new("--limit") { Description = "Ask only the first N questions.", HelpName = "N" };

    private readonly Option<string> _shard = new("--shard")
    {
        Description = "Only part i of n of the videos. Parts share one --out; the command without --shard then makes one table of them.",
        DefaultValueFactory = _ => "1/1",
        HelpName = "i/n"
    };

    private readonly Option<int> _workers = new("--workers")
    {
        Description = "Videos that are worked on at once, the threads shared out among them: "
            + "faster with a small model; times are those of a busy machine.",
        DefaultValueFactory = _ => 1,
        HelpName = "N"
    };

    private readonly Option<int> _seed = new("--seed") { Description = "Seed of everything drawn at random.", HelpName = "N" };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_set);
        foreach (Option option in (Option[])[
            _benchmark, _split, _methods, _retention, _scorer, _parser, _harness, _llavaVideo,
            _subtitles, _askForLetter, _ownBudgets, _limit, _shard, _workers, _seed
        ])
            command.Options.Add(option);
    }

    /// <summary>Folder of the set.</summary>
    public string Folder(ParseResult parse) => parse.GetValue(_set) ?? DefaultSet.Folder;

    /// <summary>Whether methods are made to keep equally many tokens.</summary>
    public bool EqualTokens(ParseResult parse) => !parse.GetValue(_ownBudgets);

    /// <summary>Videos that are worked on at once.</summary>
    /// <exception cref="WinnowException">The number is below 1.</exception>
    public int Workers(ParseResult parse) => parse.GetValue(_workers) is >= 1 and var workers
        ? workers
        : throw new WinnowException($"--workers is {parse.GetValue(_workers)}; it must be at least 1.");

    /// <summary>What is to be run.</summary>
    /// <exception cref="WinnowException">The set, a method, a share or the part cannot be read.</exception>
    public RunPlan Plan(ParseResult parse)
    {
        int? limit = parse.GetValue(_limit);
        if (limit < 1)
            throw new WinnowException($"--limit is {limit}; it must be at least 1.");
        QuestionSet set = BenchmarkCatalog.Read(Folder(parse), parse.GetValue(_benchmark), new BenchmarkOptions
        {
            Split = parse.GetValue(_split),
            Harness = parse.GetValue(_harness),
            LlavaVideoWording = parse.GetValue(_llavaVideo),
            Subtitles = parse.GetValue(_subtitles),
            AskForLetter = parse.GetValue(_askForLetter) || parse.GetValue(_scorer) == Scorer.Letter,
            Seed = parse.GetValue(_seed),
            Probe = VideoFacts.Probe,
        });
        string parser = parse.GetRequiredValue(_parser);
        return new RunPlan
        {
            Set = set,
            Settings = MethodSetting.Of(
                parse.GetRequiredValue(_methods).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                Shares(parse.GetRequiredValue(_retention))),
            Scorer = parse.GetValue(_scorer) ?? set.Protocol.Scorer,
            Parser = parser == "harness" ? set.Protocol.HarnessParser : ReplyParsers.Find(parser, parse.GetValue(_seed)),
            Limit = limit,
            Shard = Shard.Parse(parse.GetRequiredValue(_shard)),
            Seed = parse.GetValue(_seed),
        };
    }

    private static SubtitlePlacement ReadPlacement(ArgumentResult result)
    {
        switch (result.Tokens.Single().Value)
        {
            case "none":
                return SubtitlePlacement.None;
            case "after-video":
                return SubtitlePlacement.AfterVideo;
            case "interleaved":
                return SubtitlePlacement.Interleaved;
            case var other:
                result.AddError($"--subtitles is {other}; it must be none, after-video or interleaved.");
                return default;
        }
    }

    private static double[] Shares(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(share =>
            double.TryParse(share, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and <= 1
                ? value
                : throw new WinnowException($"--retention holds {share}; every share must be a number in (0, 1], such as 0.25."))];
}
