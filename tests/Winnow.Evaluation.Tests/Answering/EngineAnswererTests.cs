using System.Diagnostics;
using Winnow.Engine;
using Winnow.Evaluation.Answering;
using Winnow.Evaluation.Benchmarks;
using Winnow.Evaluation.Pictures;
using Winnow.Evaluation.Running;
using Winnow.Tests;

namespace Winnow.Evaluation.Tests.Answering;

/// <summary>The whole path with the embedded model on the first clip of the embedded set: seconds.</summary>
public sealed class EngineAnswererTests(EngineAnswererTests.LoadedModel model) : IClassFixture<EngineAnswererTests.LoadedModel>
{
    private const int QuestionCount = 2;

    private static readonly QuestionSet Set = BenchmarkCatalog.Read(Repository.Path("eval/tinyworld"), null, new BenchmarkOptions());

    private static readonly MethodSetting Vilamp = MethodSetting.Of("vilamp", 0.25);

    private EngineAnswerer Answerer { get; } = new(model.Engine, new EncodeOptions(),
        new Dictionary<string, string> { ["model"] = "tiny" });

    private async Task<IReadOnlyList<AnswerLine>> RunAsync(Scorer scorer, params string[] methods)
    {
        using var data = new DataFolder();
        var plan = new RunPlan { Set = Set, Settings = MethodSetting.Of(methods, [0.25]), Scorer = scorer, Limit = QuestionCount };
        var start = new RunStart
        {
            Conditions = Answerer.Conditions,
            Command = "",
            Versions = new Dictionary<string, string>(),
            Machine = new Dictionary<string, string>(),
            Started = DateTimeOffset.UnixEpoch,
            Shard = "1/1",
        };
        using var journal = AnswerJournal.Open(data.Root, start);
        await new EvaluationRunner([Answerer], TimeProvider.System).RunAsync(plan, journal, null, default);
        return [.. journal.Answers];
    }

    [Fact]
    public async Task Replies_without_reduction_are_the_recorded_ones()
    {
        IReadOnlyList<AnswerLine> answers = await RunAsync(Scorer.Exact, "none");

        (int equal, int compared, _) = ReferenceAgreement.Compare(ReferenceAgreement.Read(Repository.Path("eval/tinyworld")),
            answers.Select(line => (line.Id, line.Reply)));
        Assert.Equal((QuestionCount, QuestionCount), (equal, compared));
        Assert.All(answers, line => Assert.Equal((576, 576), (line.WholeTokens, line.VisualTokens)));
    }

    [Theory]
    [InlineData("aks")]
    [InlineData("shots+mmg-vid")]
    public void A_method_that_chooses_frames_is_refused_alone_and_in_company(string methods) =>
        Assert.Contains("chooses frames", Answerer.Refusal(MethodSetting.Of(methods, 0.25)), StringComparison.Ordinal);

    [Fact]
    public async Task Reduction_keeps_its_share_and_costs_less()
    {
        IReadOnlyList<AnswerLine> answers = await RunAsync(Scorer.Exact, "uniform");

        AnswerLine whole = answers.First(line => line.Method == "none"), reduced = answers.First(line => line.Method == "uniform");
        Assert.Equal(144, reduced.VisualTokens);
        Assert.True(reduced.PrefillFlops < 0.3 * whole.PrefillFlops);
        Assert.True(reduced.CacheBytes < whole.CacheBytes);
    }

    [Fact]
    public async Task Methods_are_made_to_keep_equally_many_tokens()
    {
        using IEncodedVideo equal = await Answerer.EncodeAsync(Set.Questions[0].Media, [Vilamp], default);
        using IEncodedVideo own = await new EngineAnswerer(model.Engine, new EncodeOptions(),
            new Dictionary<string, string>(), equalTokens: false)
            .EncodeAsync(Set.Questions[0].Media, [Vilamp], default);
        var request = new AnswerRequest { Prompt = Set.Questions[0].Prompt, MaxNewTokens = 4 };

        Answer matched = await equal.AnswerAsync(request, Vilamp, default), unmatched = await own.AnswerAsync(request, Vilamp, default);

        // A quarter of 576 tokens is 144; ViLAMP's own rule gives it fewer at that retention.
        Assert.True(Math.Abs(matched.VisualTokens - 144) < Math.Abs(unmatched.VisualTokens - 144));
        Assert.Equal((0.25, true), (unmatched.AppliedRetention, matched.AppliedRetention > 0.25));
    }

    [Fact]
    public async Task Likelihoods_agree_with_the_greedy_reply()
    {
        IReadOnlyList<AnswerLine> generated = await RunAsync(Scorer.Exact, "none"), compared = await RunAsync(Scorer.Likelihood, "none");

        foreach ((AnswerLine reply, AnswerLine line) in generated.Zip(compared))
        {
            IReadOnlyList<string> options = Set.Questions.Single(question => question.Id == reply.Id).Options;
            // Probabilities of different whole replies; together they cannot exceed one.
            Assert.InRange(line.LogLikelihoods.Sum(Math.Exp), 0, 1.0001);
            // These replies are options, and the first token decides between them here.
            Assert.Equal(reply.Reply, options[line.Letter!.Value - 'A']);
        }
    }

    [Fact]
    public async Task Views_show_every_place_where_a_combination_acts()
    {
        MethodSetting setting = MethodSetting.Of("rlt+mmg-vid+fastv", 0.25);
        EncodedClip clip = await model.Engine.EncodeAsync(Set.Questions[0].Media.Path, new EncodeOptions().For(setting.Choice));

        IReadOnlyList<KeptView> views = await KeptViews.OfAsync(model.Engine, clip, setting, Set.Questions[0].Prompt, default);

        KeptView encoder = views[0], inside = views[1];
        Assert.Equal(2, views.Count);
        Assert.False(encoder.Kept.AreTokens);
        Assert.Equal(16 * 144, encoder.Kept.Grid.Count);
        // Nothing repeats in the first frame, and a still background does later.
        Assert.DoesNotContain(Enumerable.Range(0, 144), encoder.Kept.IsRepeated);
        Assert.Contains(Enumerable.Range(0, encoder.Kept.Grid.Count), encoder.Kept.IsRepeated);
        KeptView entering = Assert.Single(inside.Before);
        Assert.Equal((576, 144), (entering.Kept.Grid.Count, entering.Kept.Count));
        // A quarter of 144, among which the newline vector may be.
        Assert.InRange(inside.Kept.Count, 35, 36);
        // What is left inside was there when the tokens entered.
        Assert.DoesNotContain(Enumerable.Range(0, 576), token => !inside.Kept.IsDropped(token) && entering.Kept.IsDropped(token));
    }

    [Fact]
    public async Task Subtitles_stand_between_the_frames_that_are_looked_at()
    {
        MethodSetting quarter = MethodSetting.Of("uniform", 0.25);
        using IEncodedVideo video = await Answerer.EncodeAsync(Set.Questions[0].Media, [quarter], default);
        AnswerRequest plain = new() { Prompt = Set.Questions[0].Prompt, MaxNewTokens = 4 },
            strung = plain with { Subtitles = [] },
            told = plain with { Subtitles = [new TimedLine(0, 1, "a"), new TimedLine(0.5, 1.5, "b"), new TimedLine(100, 101, "unseen")] };

        int[] rows = [.. new[] { plain, strung, told, strung }.Select(
            request => video.AnswerAsync(request, quarter, default).GetAwaiter().GetResult().PromptTokens)];

        // A line break between each two of 16 frames; "a" and "b" are a token each, and one line break more.
        Assert.Equal([rows[0], rows[0] + 15, rows[2], rows[0] + 15], rows);
        Assert.InRange(rows[2] - rows[1], 2, 6);
    }

    [Fact]
    public void Method_inside_the_language_model_is_refused_where_subtitles_stand_between_frames()
    {
        MethodSetting[] settings =
            [MethodSetting.Of("mmg-vid", 0.25), MethodSetting.Of("fastv", 0.25), MethodSetting.Of("mmg-vid+fastv", 0.25)];
        var plain = new RunPlan { Set = Set, Settings = settings, Scorer = Scorer.Exact };
        RunPlan told = plain with { Set = Set with { Questions = [Set.Questions[0] with { Subtitles = [] }] } };

        Assert.All(settings, setting => Assert.Null(plain.Refusal(setting)));
        Assert.Null(told.Refusal(settings[0]));
        Assert.All(settings[1..], setting => Assert.Contains("--subtitles after-video", told.Refusal(setting)));
    }

    [Fact]
    public async Task Folder_of_frames_is_read_like_a_video()
    {
        using var data = new DataFolder();
        Directory.CreateDirectory(data.Path("frames"));
        using (var process = Process.Start("ffmpeg",
            ["-v", "error", "-i", Repository.Path("eval/tinyworld/videos/0000.mp4"), "-q:v", "2", data.Path("frames/%05d.jpg")]))
            await process.WaitForExitAsync();
        var media =
            new MediaSource(data.Path("frames")) { FrameFolderRate = 3, Start = TimeSpan.FromSeconds(1), End = TimeSpan.FromSeconds(5) };

        using IEncodedVideo video = await Answerer.EncodeAsync(media, [MethodSetting.Whole], default);
        Answer answer = await video.AnswerAsync(new AnswerRequest { Prompt = "What colour is the star?", MaxNewTokens = 8 },
            MethodSetting.Whole, default);

        Assert.Equal("blue", answer.Reply);
    }

    [Fact]
    public async Task Folder_without_numbered_frames_is_refused()
    {
        using var data = new DataFolder();

        var error = await Assert.ThrowsAsync<WinnowException>(
            () => Answerer.EncodeAsync(new MediaSource(data.Root) { FrameFolderRate = 3 }, [MethodSetting.Whole], default));

        Assert.Contains("00001.jpg", error.Message);
    }

    public sealed class LoadedModel : IDisposable
    {
        public VideoEngine Engine { get; } = VideoEngine.Load(Repository.Path("models/tiny"));

        public void Dispose() => Engine.Dispose();
    }
}
