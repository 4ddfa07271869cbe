using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Running;

/// <summary>What is run.</summary>
public sealed record RunPlan
{
    /// <summary>The set, with the questions of all shards.</summary>
    public required QuestionSet Set { get; init; }

    /// <summary>Methods and retentions; the baseline among them.</summary>
    public required IReadOnlyList<MethodSetting> Settings { get; init; }

    /// <summary>How answers are judged.</summary>
    public required Scorer Scorer { get; init; }

    /// <summary>What finds the letter in a reply, for <see cref="Scorer.Letter"/>.</summary>
    public IReplyParser Parser { get; init; } = new StrictParser();

    /// <summary>Only the first questions of the set, at least 1; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Which part of the videos.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Seed of everything drawn at random: bootstrap and the random options of some parsers.</summary>
    public int Seed { get; init; }

    /// <summary>The questions that this plan asks.</summary>
    public IReadOnlyList<Question> Questions => Shard.Select(Limit is { } limit ? [.. Set.Questions.Take(limit)] : Set.Questions);

    /// <summary>Why the questions cannot be asked under a setting, in one line with the remedy; null where they can.</summary>
    public string? Refusal(MethodSetting setting) =>
        setting.Choice.NeedsWholeVideo && Set.Questions.Any(question => question.Subtitles is not null)
            ? $"{setting.Method} acts inside the language model on the rows of the video as one block, "
                + "which subtitles between the frames cut up; put them behind the video (--subtitles after-video)."
            : null;

    /// <summary>What moves the numbers, by name; a run is only resumed under the same.</summary>
    public IReadOnlyDictionary<string, string> Conditions => new Dictionary<string, string>
    {
        ["set"] = $"{Set.Name}/{Set.Split}",
        ["prompt"] = Set.Protocol.Prompt,
        ["scorer"] = Scorer.ToString().ToLowerInvariant(),
        ["parser"] = Scorer == Scorer.Letter ? Parser.Name : "-",
        ["max_new_tokens"] = Set.Protocol.MaxNewTokens.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["seed"] = Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
