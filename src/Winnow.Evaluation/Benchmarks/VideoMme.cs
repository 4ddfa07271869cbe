using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>Video-MME (BradyFU/Video-MME, arXiv 2405.21075): 2,700 questions of four options on 900 videos.</summary>
/// <remarks>
/// Layout of the hub copy: a table <c>videomme/test-*</c>, <c>data/{videoID}.mp4</c>, <c>subtitle/{videoID}.srt</c>. Files are named by
/// videoID; video_id is a running number. Wording and parsers follow lmms-eval; the sentence speaks of subtitles even where there are none.
/// </remarks>
public sealed class VideoMme : IBenchmark
{
    private const string Instruction = "Select the best answer to the following multiple-choice question "
        + "based on the video and the subtitles. "
        + "Respond with only the letter (A, B, C, or D) of the correct option.";
    private const string ShortEnding = "The best answer is:";
    private const int SubtitleFrames = 32;
    private const int LlavaVideoSubtitleFrames = 768;

    /// <inheritdoc/>
    public string Name => "video-mme";

    /// <inheritdoc/>
    public string Layout => "videomme/test-*.parquet and data/{videoID}.mp4";

    /// <inheritdoc/>
    public IReadOnlyList<SubtitlePlacement> SubtitlePlaces => [SubtitlePlacement.AfterVideo];

    /// <inheritdoc/>
    public bool Recognises(string folder) =>
        RowFile.HasTable(Path.Combine(folder, "videomme"), "test")
            || Directory.Exists(Path.Combine(folder, "data")) && RowFile.HasTable(folder, "test");

    /// <inheritdoc/>
    public QuestionSet Read(string folder, BenchmarkOptions options)
    {
        IReadOnlyList<Row> rows = RowFile.FindTable(Path.Combine(folder, "videomme"), "test") ?? RowFile.FindTable(folder, "test")
            ?? throw new WinnowException(
                $"There is no table test-* under {folder} or {Path.Combine(folder, "videomme")}; expected is {Layout}.");
        return new QuestionSet
        {
            Name = Name,
            Split = "test",
            Questions = [.. rows.Select(row => Parse(row, folder, options))],
            Protocol = new Protocol
            {
                Prompt = Harness.Wording(
                    options.Harness,
                    options.Subtitles == SubtitlePlacement.AfterVideo ? "videomme_w_subtitle" : "videomme",
                    options.LlavaVideoWording ? "llava_vid" : "default"),
                HarnessParser = options.Harness == HarnessVersion.V030 ? FirstLetterParser.VideoMme() : new RankedParser(),
                MaxNewTokens = 16,
                Aggregation = new Aggregation(null, 100),
                Scorer = Scorer.Letter,
            },
        };
    }

    private static Question Parse(Row row, string folder, BenchmarkOptions options)
    {
        string video = row.Text("videoID"), text = row.Text("question"), answer = row.Text("answer");
        string[] written = row.Texts("options");
        string[] choices = OptionTexts.WithoutLetters(written);
        string path = VideoFiles.Find(
            video, Path.Combine(folder, "data"), Path.Combine(folder, "videomme", "data"), Path.Combine(folder, "videos"));
        string asked = $"{Instruction}\n{text}\n{string.Join('\n', written)}\n";
        return new Question
        {
            Id = row.Text("question_id"),
            Media = new MediaSource(path),
            Text = text,
            Prompt = options.Subtitles == SubtitlePlacement.AfterVideo ? $"{Subtitles(folder, video, path, options)}{asked}{ShortEnding}"
                : options.LlavaVideoWording ? $"{asked}{ShortEnding}"
                : $"{asked}\n{Harness.LetterInstruction}",
            Options = choices,
            AnswerIndex = OptionTexts.IndexOfLetter(choices, answer)
                ?? throw row.Wrong($"the answer \"{answer}\" is no letter of the {choices.Length} options."),
            AnswerText = answer,
            Groups = new Dictionary<string, string>
            {
                ["duration"] = row.Text("duration"),
                ["domain"] = row.Text("domain"),
                ["sub_category"] = row.Text("sub_category"),
                ["task"] = row.Text("task_type"),
            },
            Source = row.Where,
        };
    }

    private static string Subtitles(string folder, string video, string path, BenchmarkOptions options)
    {
        const string None = "No subtitles available";
        string file = Path.Combine(folder, "subtitle", $"{video}.srt");
        string text = None;
        if (File.Exists(file) && File.Exists(path))
        {
            if (options.Probe is null)
                throw new WinnowException($"Subtitles of {path} are chosen by its frames, and this run has no way to count them.");
            (int frames, double rate) = options.Probe(path);
            text = VideoMmeSubtitles.Select(
                File.ReadAllText(file), frames, rate, options.LlavaVideoWording ? LlavaVideoSubtitleFrames : SubtitleFrames);
        }
        return $"This video's subtitles are listed below: \n{text}\n";
    }
}
