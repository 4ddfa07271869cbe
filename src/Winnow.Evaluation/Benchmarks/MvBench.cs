using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>MVBench (OpenGVLab, arXiv 2311.17005): twenty subtasks of 200 questions with two to five options.</summary>
/// <remarks>
/// Layout: <c>json/{subtask}.json</c> and <c>video/...</c>. Two revisions are on the hub: one with whole videos (five subtasks give start
/// and end; one has folders of frames), one with clips already cut (folders that end in <c>_segment</c>), which are not cut again even
/// though their rows may still say where. For each question the folder that has its file is taken. Some content unpacks into
/// <c>data0613/</c>, which is looked into as well.
/// </remarks>
public sealed class MvBench : IBenchmark
{
    private const double FrameFolderRate = 3;

    private static readonly Subtask[] Subtasks =
    [
        new("action_sequence", "star/Charades_v1_480", "star/Charades_segment", true),
        new("action_prediction", "star/Charades_v1_480", "star/Charades_segment", true),
        new("action_antonym", "ssv2_video", "ssv2_video_mp4", false),
        new("fine_grained_action", "Moments_in_Time_Raw/videos", null, false),
        new("unexpected_action", "FunQA_test/test", null, false),
        new("object_existence", "clevrer/video_validation", null, false),
        new("object_interaction", "star/Charades_v1_480", "star/Charades_segment", true),
        new("object_shuffle", "perception/videos", null, false),
        new("moving_direction", "clevrer/video_validation", null, false),
        new("action_localization", "sta/sta_video", "sta/sta_video_segment", true),
        new("scene_transition", "scene_qa/video", null, false),
        new("action_count", "perception/videos", null, false),
        new("moving_count", "clevrer/video_validation", null, false),
        new("moving_attribute", "clevrer/video_validation", null, false),
        new("state_change", "perception/videos", null, false),
        new("fine_grained_pose", "nturgbd", "nturgbd_convert", false),
        new("character_order", "perception/videos", null, false),
        new("egocentric_navigation", "vlnqa", null, false),
        new("episodic_reasoning", "tvqa/frames_fps3_hq", "tvqa/video_fps3_hq_segment", true),
        new("counterfactual_inference", "clevrer/video_validation", null, false),
    ];

    /// <inheritdoc/>
    public string Name => "mvbench";

    /// <inheritdoc/>
    public string Layout => "json/{subtask}.json and video/...";

    /// <inheritdoc/>
    public bool Recognises(string folder) => Subtasks.Any(subtask => File.Exists(RowsOf(folder, subtask)));

    /// <inheritdoc/>
    public QuestionSet Read(string folder, BenchmarkOptions options)
    {
        var warnings = new List<string>();
        Subtask[] missing = [.. Subtasks.Where(subtask => !File.Exists(RowsOf(folder, subtask)))];
        if (missing.Length > 0)
            warnings.Add(
                $"{missing.Length} of {Subtasks.Length} subtasks are not there and are left out of the mean: "
                    + $"{string.Join(", ", missing.Select(subtask => subtask.Name))}.");
        return new QuestionSet
        {
            Name = Name,
            Split = "train",
            Questions = [.. Subtasks.Except(missing)
                .SelectMany(subtask => RowFile.Read(RowsOf(folder, subtask))
                    .Select((row, index) => Parse(row, index, folder, subtask, warnings)))],
            Warnings = warnings,
            Protocol = new Protocol
            {
                Prompt = Harness.Wording(options.Harness, "mvbench"),
                HarnessParser = new MvBenchParser(),
                MaxNewTokens = 16,
                Aggregation = new Aggregation("task", 100),
                Scorer = Scorer.Letter,
            },
        };
    }

    private static string RowsOf(string folder, Subtask subtask) => Path.Combine(folder, "json", $"{subtask.Name}.json");

    private static Question Parse(Row row, int index, string folder, Subtask subtask, List<string> warnings)
    {
        string text = row.Text("question"), answer = row.Text("answer");
        string[] choices = row.Texts("candidates");
        int? right = OptionTexts.IndexOf(choices, answer);
        if (right is null)
            warnings.Add($"{row.Where}: the answer \"{answer}\" is no candidate; the question counts as wrong.");
        return new Question
        {
            Id = $"{subtask.Name}:{index}",
            Media = Locate(row, folder, subtask),
            Text = text,
            Prompt = $"Question:{text}\nOption:\n{OptionTexts.Bracketed(choices)}\nOnly give the best option.\n",
            Options = choices,
            AnswerIndex = right,
            AnswerText = answer,
            Groups = new Dictionary<string, string> { ["task"] = subtask.Name },
            Source = row.Where,
        };
    }

    private static MediaSource Locate(Row row, string folder, Subtask subtask)
    {
        string name = row.Text("video");
        foreach (string root in (string[])["video", "", "video/data0613", "data0613"])
        {
            string whole = Path.GetFullPath(Path.Combine(folder, root, subtask.WholeVideos, name));
            if (subtask.Clips is { } clips && Path.GetFullPath(Path.Combine(folder, root, clips, name)) is { } clip && File.Exists(clip))
                return new MediaSource(clip);
            if (File.Exists(whole) || Directory.Exists(whole))
                return Cut(whole, row, subtask);
        }
        return Cut(Path.GetFullPath(Path.Combine(folder, "video", subtask.WholeVideos, name)), row, subtask);
    }

    private static MediaSource Cut(string path, Row row, Subtask subtask) => new(path)
    {
        FrameFolderRate = Directory.Exists(path) ? FrameFolderRate : null,
        Start = subtask.IsCut && row.NumberOrNull("start") is { } start ? TimeSpan.FromSeconds(start) : null,
        End = subtask.IsCut && row.NumberOrNull("end") is { } end ? TimeSpan.FromSeconds(end) : null,
    };

    /// <summary>A subtask and where its videos lie.</summary>
    /// <param name="Name">Stem of its JSON file.</param>
    /// <param name="WholeVideos">Folder in the revision with whole videos.</param>
    /// <param name="Clips">Folder in the revision with clips; null where it is the same.</param>
    /// <param name="IsCut">Whether rows say where the clip lies in the whole video.</param>
    private sealed record Subtask(string Name, string WholeVideos, string? Clips, bool IsCut);
}
