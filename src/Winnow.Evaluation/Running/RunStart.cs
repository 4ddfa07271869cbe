namespace Winnow.Evaluation.Running;

/// <summary>A line of the journal that says under which conditions, where and how the lines behind it were made.</summary>
public sealed record RunStart
{
    /// <summary>What moves the numbers: set, prompt, parser, model, ...; equal in all starts of a journal.</summary>
    public required IReadOnlyDictionary<string, string> Conditions { get; init; }

    /// <summary>The command line.</summary>
    public required string Command { get; init; }

    /// <summary>Versions of Winnow and of the runtime.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>The machine and its ceiling.</summary>
    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    /// <summary>When the run began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Which part of the videos, as i/n.</summary>
    public required string Shard { get; init; }
}
