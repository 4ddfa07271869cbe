using System.Text;
using Winnow.Methods;
using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Tokenize;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Engine.Tests;

/// <summary>Text between the frames of samples/shapes.mp4, which are 16.</summary>
public sealed class FrameTextTests(TinyModel model) : IClassFixture<TinyModel>
{
    private const string Question = "What colour is the star?";
    private const string Answer = "green";

    private static readonly FrameText[] Texts =
        [new(0, "The film begins.\n"), new(3, "\nThe star"), new(3, " shines.\n"), new(9, "\nA circle.\n"), new(16, "\nThe end.")];

    /// <summary>Methods that emit by place and by score, and one that merges over time.</summary>
    [Theory]
    [InlineData("mmg-vid")]
    [InlineData("divprune")]
    [InlineData("prunevid")]
    public async Task Conversation_reads_what_a_prompt_built_by_hand_says(string method)
    {
        (VideoEngine engine, IVideoLanguageModel net) = (model.Engine, model.Engine.Model);
        ReductionChoice choice = Choice(method);
        EncodedClip clip = await engine.EncodeAsync(Repository.Path("samples/shapes.mp4"), new EncodeOptions().For(choice));
        int[] plain = ChatTemplate.Load(Repository.Path("models/tiny"), engine.Tokenizer)
            .Render([new ChatMessage(ChatRole.User, Question, Videos: 1)]);
        int opening = plain[0];
        int[] closing = plain[(Array.LastIndexOf(plain, opening) - 1)..];
        int[] ids =
        [
            opening, .. engine.Tokenizer.Encode("user The film begins.\n"), net.VideoTokenId,
            .. engine.Tokenizer.Encode("\nThe star shines.\n"), net.VideoTokenId, .. engine.Tokenizer.Encode("\nA circle.\n"),
            net.VideoTokenId, .. engine.Tokenizer.Encode($"\nThe end.\n{Question}"), .. closing,
        ];
        using DecoderSession session = net.StartSession();
        PromptRows rows = net.Splice(ids, clip.Video, engine.Reduce(clip, choice, Question), choice.Positions, [3, 9]);
        var next = new TokenLikelihoods(session.Prefill(rows).ToArray());
        double expected = 0;
        foreach (int id in engine.Tokenizer.Encode(Answer))
        {
            expected += next.Of(id);
            next = new TokenLikelihoods(session.Step(id).ToArray());
        }
        expected += next.OfAny(engine.Generation.StopIds.Union(net.EndIds));
        using Conversation conversation = engine.Start(clip, choice, Texts);

        double actual = (await conversation.LogLikelihoodsAsync(Question, [Answer])).Single();

        Assert.Equal(expected, actual);
        Assert.Equal((rows.Rows.Count, 144), (conversation.Account!.PromptTokens, conversation.Account.KeptTokens));
    }

    [Fact]
    public async Task Video_with_texts_read_ahead_answers_as_a_conversation_of_its_own()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation shared = model.Engine.Start(clip, Choice("mmg-vid"), Texts);
        shared.ReadAhead();
        foreach (string question in (string[])[Question, "Describe the video."])
        {
            using Conversation own = model.Engine.Start(clip, Choice("mmg-vid"), Texts);

            string expected = await TextOf(own.AskAsync(question)), answer = await TextOf(shared.AskAsync(question));

            Assert.Equal(expected, answer);
            Assert.Equal((own.Account!.PromptTokens, own.Account.PrefillOperations, own.Account.CacheBytes),
                (shared.Account!.PromptTokens, shared.Account.PrefillOperations, shared.Account.CacheBytes));
            shared.StartOver();
        }
    }

    [Fact]
    public async Task Later_turn_behind_texts_reads_only_its_own_rows()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation plain = model.Engine.Start(clip), cut = model.Engine.Start(clip, null, Texts);
        await TextOf(plain.AskAsync(Question));
        await TextOf(cut.AskAsync(Question));
        int first = cut.Account!.PromptTokens;

        await TextOf(plain.AskAsync("Which letter flashes on the screen?"));
        await TextOf(cut.AskAsync("Which letter flashes on the screen?"));

        Assert.InRange(first, 577, int.MaxValue);
        Assert.Equal(plain.Account!.PromptTokens, cut.Account!.PromptTokens);
    }

    [Fact]
    public async Task No_texts_change_nothing()
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation plain = model.Engine.Start(clip), none = model.Engine.Start(clip, null, []);

        Assert.Equal(await plain.LogLikelihoodsAsync(Question, [Answer]), await none.LogLikelihoodsAsync(Question, [Answer]));
    }

    [Fact]
    public async Task Method_inside_the_language_model_is_refused_with_a_remedy()
    {
        EncodedClip clip = await model.ShapesAsync();
        var choice = new ReductionChoice { Prefill = new FastV(new FastV.Options()) };

        string message = Assert.Throws<WinnowException>(() => model.Engine.Start(clip, choice, Texts)).Message;

        Assert.Contains("one block", message);
        Assert.Contains("behind the video", message);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 17)]
    [InlineData(-1, 2)]
    public async Task Text_at_no_frame_or_out_of_order_is_refused(int first, int second)
    {
        EncodedClip clip = await model.ShapesAsync();

        Assert.Contains("from 0 to 16", Assert.Throws<WinnowException>(
            () => model.Engine.Start(clip, null, [new FrameText(first, "a"), new FrameText(second, "b")])).Message);
    }

    private static ReductionChoice Choice(string method) => new()
    {
        Reducer = (ITokenReducer)Catalog.Find(method).Create([new("retention", "0.25")]),
        Positions = Catalog.Find(method).Card.Positions,
    };

    private static async Task<string> TextOf(IAsyncEnumerable<string> pieces)
    {
        var text = new StringBuilder();
        await foreach (string piece in pieces)
            text.Append(piece);
        return text.ToString();
    }
}
