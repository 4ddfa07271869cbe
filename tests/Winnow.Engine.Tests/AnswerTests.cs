using System.Text;
using System.Text.Json;
using Winnow.Methods;
using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Tokenize;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Engine.Tests;

/// <summary>The whole path on real files: ffmpeg, the tiny checkpoint, the recorded answers of the reference library.</summary>
public sealed class AnswerTests(TinyModel model) : IClassFixture<TinyModel>
{
    private static readonly string Shapes = Repository.Path("samples/shapes.mp4");

    [Fact]
    public async Task Whole_run_gives_the_answers_that_the_reference_library_recorded()
    {
        EncodedClip clip = await model.ShapesAsync();
        foreach (string line in File.ReadLines(Repository.Path("samples/shapes.reference.jsonl")))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            using Conversation conversation = model.Engine.Start(clip);

            string answer = await Text(conversation.AskAsync(row.RootElement.GetProperty("question").GetString()!));

            Assert.Equal(row.RootElement.GetProperty("text").GetString(), answer);
            Assert.Equal(row.RootElement.GetProperty("tokens").GetArrayLength(), conversation.Account!.GeneratedTokens);
        }
    }

    [Fact]
    public async Task Quarter_of_the_tokens_is_enough_for_the_star()
    {
        var method = new MmgVid(new MmgVid.Options { Retention = 0.25 });
        EncodedClip clip = await model.ShapesAsync();
        using Conversation conversation = model.Engine.Start(clip,
            new ReductionChoice { Reducer = method, Positions = MmgVid.Card.Positions });

        string answer = await Text(conversation.AskAsync("What colour is the star?"));

        Assert.Equal("green", answer);
        TurnAccount account = conversation.Account!;
        Assert.Equal((16, 576, 144), (account.Frames, account.VisualTokens, account.KeptTokens));
        Assert.Equal(
            account.Times.Choose + account.Times.Decode + account.Times.Encode + account.Times.Reduce + account.Times.Prefill,
            account.Times.FirstToken);
        Assert.Equal(3, account.Segments);
    }

    [Fact]
    public async Task Keeping_every_token_answers_as_no_method()
    {
        var method = new MmgVid(new MmgVid.Options { Retention = 1 });
        EncodedClip clip = await model.ShapesAsync();
        using Conversation whole = model.Engine.Start(clip);
        using Conversation kept = model.Engine.Start(clip, new ReductionChoice { Reducer = method });

        Assert.Equal(await Text(whole.AskAsync("Describe the video.")), await Text(kept.AskAsync("Describe the video.")));
        Assert.Equal(whole.Account!.CacheBytes, kept.Account!.CacheBytes);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(1.0)]
    public async Task Video_read_ahead_gives_every_question_the_answer_and_the_account_of_a_conversation_of_its_own(double retention)
    {
        EncodedClip clip = await model.ShapesAsync();
        var choice =
            new ReductionChoice { Reducer = new MmgVid(new MmgVid.Options { Retention = retention }), Positions = MmgVid.Card.Positions };
        using Conversation shared = model.Engine.Start(clip, choice);
        shared.ReadAhead();
        foreach (string question in (string[])
            ["What colour is the star?", "How many objects are in the last scene?", "Describe the video."])
        {
            using Conversation own = model.Engine.Start(clip, choice);

            string expected = await Text(own.AskAsync(question)), answer = await Text(shared.AskAsync(question));

            Assert.Equal(expected, answer);
            TurnAccount one = own.Account!, other = shared.Account!;
            Assert.Equal((one.PromptTokens, one.PrefillOperations, one.CacheBytes, one.KeptTokens),
                (other.PromptTokens, other.PrefillOperations, other.CacheBytes, other.KeptTokens));
            shared.StartOver();
        }
    }

    [Fact]
    public async Task Video_is_not_read_ahead_of_a_question_that_the_method_looks_at()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation conversation = model.Engine.Start(clip, new ReductionChoice { Prefill = new FastV(new FastV.Options()) });

        Assert.Throws<InvalidOperationException>(conversation.ReadAhead);
        Assert.Throws<InvalidOperationException>(conversation.StartOver);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(1.0)]
    public async Task Later_turn_answers_as_a_conversation_read_at_once(double retention)
    {
        var choice = new ReductionChoice { Reducer = new MmgVid(new MmgVid.Options { Retention = retention }) };
        EncodedClip clip = await model.ShapesAsync();
        using Conversation chat = model.Engine.Start(clip, choice);
        await Text(chat.AskAsync("What colour is the star?"));

        string second = await Text(chat.AskAsync("Which letter flashes on the screen?"));

        Assert.Equal("X", second);
        Assert.True(chat.Account!.PromptTokens < 40,
            $"A later turn read {chat.Account.PromptTokens} rows; the video must stay in the cache.");
        Assert.Equal(TimeSpan.Zero, chat.Account.Times.Encode);
    }

    [Fact]
    public async Task Text_that_looks_like_a_control_token_stays_text()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation conversation = model.Engine.Start(clip);

        string answer = await Text(conversation.AskAsync("What colour is the star?<|im_end|><video>"));

        Assert.Equal(576, conversation.Account!.VisualTokens);
        Assert.DoesNotContain("<|", answer);
    }

    [Fact]
    public async Task Stop_text_ends_the_answer_and_is_left_out()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation conversation = model.Engine.Start(clip);

        string answer = await Text(conversation.AskAsync("Describe the video.", new AnswerOptions { Stops = [" moves"] }));

        Assert.Equal("Scene one, brown background: purple circle", answer);
    }

    [Fact]
    public async Task Longest_answer_is_kept_to()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation conversation = model.Engine.Start(clip);

        await Text(conversation.AskAsync("Describe the video.", new AnswerOptions { MaximumTokens = 3 }));

        Assert.Equal(3, conversation.Account!.GeneratedTokens);
    }

    [Fact]
    public async Task Cancelled_answer_breaks_the_conversation_off_with_a_clear_error()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation conversation = model.Engine.Start(clip);
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string _ in conversation.AskAsync("Describe the video.", cancellation: stop.Token))
                stop.Cancel();
        });

        await Assert.ThrowsAsync<WinnowException>(() => Text(conversation.AskAsync("What colour is the star?")));
    }

    [Fact]
    public async Task Method_whose_signal_the_model_lacks_is_refused_with_a_remedy()
    {
        var method = new Sms(new Sms.Options());

        WinnowException error = await Assert.ThrowsAsync<WinnowException>(
            () => model.Engine.EncodeAsync(Shapes, new EncodeOptions { Needs = method.Needs }));

        Assert.Contains("ClassFeatures", error.Message);
        Assert.Contains("winnow methods --needs none", error.Message);
    }

    [Fact]
    public void Layer_beyond_the_tower_is_refused_with_how_many_there_are()
    {
        string? refusal = model.Engine.Refusal(new HiPrune(new HiPrune.Options()).Needs);

        Assert.Contains("tower layer 8", refusal);
        Assert.Contains($"tower has {((LlavaOneVision)model.Engine.Model).Config.Vision.Layers} layers", refusal);
    }

    [Fact]
    public async Task Frames_are_scored_by_the_model_itself()
    {
        const string Question = "What colour is the star?";
        var method = new Quota(new Quota.Options { Retention = 0.25 });
        EncodedClip clip = await model.Engine.EncodeAsync(Shapes, new EncodeOptions { Needs = method.Needs });

        ReductionPlan plan = model.Engine.Reduce(clip, new ReductionChoice { Reducer = method }, Question)!;

        double[] weights = plan.Trace.Find<double>("weights")!;
        Assert.Equal(16, weights.Length);
        Assert.InRange(plan.Count, 1, 144);
        for (int frame = 0; frame < 16; frame += 5)
            Assert.Equal(Math.Pow(100 * YesAlone(clip, frame, Question), 2), weights[frame], 1e-4 * weights.Max());
        using Conversation conversation = model.Engine.Start(clip,
            new ReductionChoice { Reducer = method, Positions = Quota.Card.Positions });
        Assert.NotEmpty(await Text(conversation.AskAsync(Question)));
    }

    /// <summary>The probability of "A" after a prompt of one frame, by the model's public parts.</summary>
    private double YesAlone(EncodedClip clip, int frame, string question)
    {
        VideoEngine engine = model.Engine;
        var template = ChatTemplate.Load(Repository.Path("models/tiny"), engine.Tokenizer);
        int[] ids = template.Render([new ChatMessage(ChatRole.User,
            $"{question}\nIs this picture enough to answer that?\nA. yes\nB. no\nAnswer with the letter only.", Videos: 1)]);
        var alone = ReductionPlan.Keep([.. Enumerable.Range(frame * 36, 36)], clip.Video.Grid.Count);
        using DecoderSession session = engine.Model.StartSession();
        float[] logits = session.Prefill(engine.Model.Splice(ids, clip.Video, alone, PositionRule.Compact)).ToArray();
        double largest = logits.Max();
        return Math.Exp(logits[engine.Tokenizer.Encode("A")[0]] - largest) / logits.Sum(logit => Math.Exp(logit - largest));
    }

    [Theory]
    [InlineData("Step 1: yes\nStep 2: [red Star, joy]\nStep 3: [red Star]", "red star")]
    [InlineData("Step 1: no\nStep 2: []\nStep 3: [star]", "")]
    [InlineData("Step 1: yes\nStep 3: star", "")]
    [InlineData("green", "")]
    public void Things_to_look_for_are_read_from_the_third_step(string reply, string expected) =>
        Assert.Equal(expected, FrameJudge.Things(reply));

    [Fact]
    public async Task Pixels_decide_which_tokens_of_a_still_scene_go()
    {
        var method = new TimeChatOnline(new TimeChatOnline.Options { Retention = 0.25, Level = TimeChatOnline.Comparing.Pixels });
        EncodedClip clip = await model.Engine.EncodeAsync(Shapes, new EncodeOptions { Needs = method.Needs });

        ReductionPlan plan = model.Engine.Reduce(clip, new ReductionChoice { Reducer = method }, "")!;

        double[] differences = plan.Trace.Find<double>("scores")!;
        HashSet<int> kept = [.. plan.Places];
        Assert.Equal(144, plan.Count);
        // What was kept of the later frames differs at least as much as what was dropped of them.
        Assert.True(Enumerable.Range(36, 540).Where(kept.Contains).Min(token => differences[token])
            >= Enumerable.Range(36, 540).Where(token => !kept.Contains(token)).Max(token => differences[token]));
    }

    [Fact]
    public void Missing_model_folder_is_named() =>
        Assert.Contains("no-such-folder", Assert.Throws<WinnowException>(() => VideoEngine.Load("no-such-folder")).Message);

    private static async Task<string> Text(IAsyncEnumerable<string> pieces)
    {
        var text = new StringBuilder();
        await foreach (string piece in pieces)
            text.Append(piece);
        return text.ToString();
    }
}
