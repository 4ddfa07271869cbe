using System.Text.Json;
using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>NExT-QA, multiple choice (CVPR 2021): causal, temporal and descriptive questions with five options.</summary>
/// <remarks>
/// Layout: <c>val.csv</c>, <c>test.csv</c> (in the folder itself or under <c>dataset/nextqa/</c>); videos as
/// <c>NExTVideo/{video}.mp4</c> or as VidOR's tree through <c>map_vid_vidorID.json</c>. The prompt holds no instruction at all; the
/// sentence that many papers add is an option. TP counts as TN.
/// </remarks>
public sealed class NextQa : IBenchmark
{
    private const int OptionCount = 5;

    /// <inheritdoc/>
    public string Name => "next-qa";

    /// <inheritdoc/>
    public string Layout => "test.csv or dataset/nextqa/test.csv, and NExTVideo/{video}.mp4";

    /// <inheritdoc/>
    public bool Recognises(string folder) => FindRows(folder, "test") is not null || FindRows(folder, "val") is not null;

    /// <inheritdoc/>
    public QuestionSet Read(string folder, BenchmarkOptions options)
    {
        string split = options.Split ?? "test";
        if (split is not ("train" or "val" or "test"))
            throw new WinnowException($"NExT-QA has no part {split}; known are train, val, test (the one that papers report).");
        string file = FindRows(folder, split)
            ?? throw new WinnowException($"There is no {split}.csv under {folder}; expected is {Layout}.");
        IReadOnlyDictionary<string, string> places = Map(folder);
        return new QuestionSet
        {
            Name = Name,
            Split = split,
            Questions = [.. RowFile.Read(file).Select(row => Parse(row, folder, places, options))],
            Protocol = new Protocol
            {
                Prompt = Harness.Wording(options.Harness, "nextqa_mc_test", options.AskForLetter ? "letter-instruction" : "default"),
                HarnessParser = BracketedParser.NextQa(options.Seed),
                MaxNewTokens = Harness.UnsetMaxNewTokens,
                Aggregation = Aggregation.Micro,
                Scorer = Scorer.Letter,
            },
        };
    }

    private static string? FindRows(string folder, string split) => ((string[])["", "dataset/nextqa", "MC"])
        .Select(place => Path.Combine(folder, place, $"{split}.csv"))
        .FirstOrDefault(File.Exists);

    private static IReadOnlyDictionary<string, string> Map(string folder)
    {
        string? file = ((string[])["", "dataset/nextqa"])
            .Select(place => Path.Combine(folder, place, "map_vid_vidorID.json"))
            .FirstOrDefault(File.Exists);
        if (file is null)
            return new Dictionary<string, string>();
        JsonElement root = RowFile.ReadValue(file);
        if (root.ValueKind != JsonValueKind.Object)
            throw new WinnowException($"{file} holds {root.ValueKind}; an object from video to path is expected.");
        var row = new Row(root, file);
        return root.EnumerateObject().ToDictionary(field => field.Name, field => row.Text(field.Name));
    }

    private static Question Parse(Row row, string folder, IReadOnlyDictionary<string, string> places, BenchmarkOptions options)
    {
        string video = row.Text("video"), text = row.Text("question").Trim(), type = row.Text("type");
        string[] choices = [.. Enumerable.Range(0, OptionCount).Select(i => row.Text($"a{i}").Trim())];
        int right = row.Integer("answer");
        if (right < 0 || right >= OptionCount)
            throw row.Wrong($"the answer is {right}; it must be 0 to {OptionCount - 1}.");
        string counted = type == "TP" ? "TN" : type;
        string path = VideoFiles.Find(video, Path.Combine(folder, "NExTVideo"), Path.Combine(folder, "videos"), folder);
        if (!File.Exists(path) && places.TryGetValue(video, out string? place))
            path = VideoFiles.Find(place, Path.Combine(folder, "NExTVideo"), Path.Combine(folder, "videos"), folder);
        string asked = $"{text}\n{OptionTexts.Dotted(choices)}";
        return new Question
        {
            Id = $"{video}_{row.Text("qid")}",
            Media = new MediaSource(path),
            Text = text,
            Prompt = options.AskForLetter ? $"{asked}\n{Harness.LetterInstruction}" : asked,
            Options = choices,
            AnswerIndex = right,
            AnswerText = choices[right],
            Groups = new Dictionary<string, string> { ["task"] = counted, ["kind"] = counted[..1] },
            Source = row.Where,
        };
    }
}
