using System.Globalization;
using System.Text;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Engine.Tests;

/// <summary>Every method of the catalog that acts inside the language model or on its cache, on the tiny checkpoint.</summary>
public sealed class InsideModelTests(TinyModel model) : IClassFixture<TinyModel>
{
    private const string Question = "What colour is the star?";
    private static readonly string[] Answers = ["green", "red"];

    public static TheoryData<string> Ids => [.. Catalog.All
        .Where(entry => (entry.Card.Places & (MethodPlaces.Prefill | MethodPlaces.Cache)) != 0).Select(entry => entry.Card.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Retention_of_one_gives_the_likelihoods_of_no_method(string id)
    {
        EncodedClip clip = await model.ShapesAsync();
        using Conversation none = model.Engine.Start(clip), whole = model.Engine.Start(clip, Inside(id, 1));

        Assert.Equal(await none.LogLikelihoodsAsync(Question, Answers), await whole.LogLikelihoodsAsync(Question, Answers));
        Assert.Equal(none.Account!.CacheBytes, whole.Account!.CacheBytes);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Behind_a_method_after_the_encoder_it_works_on_what_that_leaves(string id)
    {
        EncodedClip clip = await model.ShapesAsync();
        var before = new MmgVid(new MmgVid.Options { Retention = 0.5 });
        ReductionChoice alone = new() { Reducer = before, Positions = MmgVid.Card.Positions };
        ReductionChoice inside = Inside(id, 0.5);
        using Conversation first = model.Engine.Start(clip, alone);
        using Conversation second = model.Engine.Start(clip, alone with { Prefill = inside.Prefill, Cache = inside.Cache });
        if (id == Sttm.Card.Id)
        {
            ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => Ask(second, Question));
            Assert.Contains("288 of 576", error.Message, StringComparison.Ordinal);
            return;
        }

        await Ask(first, Question);
        await Ask(second, Question);
        Assert.Equal(288, second.Account!.KeptTokens);
        Assert.InRange(second.Account.CacheBytes, 1, first.Account!.CacheBytes);
        Assert.All(second.Account.Cuts, cut => Assert.InRange(cut.Before, 0, 289));

        await Ask(second, "Which letter flashes on the screen?");
        int read = second.Account.PromptTokens;
        Assert.True(read < 40, $"A later turn read {read} rows; the video must stay in the cache.");
    }

    /// <summary>What the method does inside the model alone: its part before may merge what repeats even at a retention of one.</summary>
    private static ReductionChoice Inside(string id, double retention)
    {
        MethodEntry entry = Catalog.Find(id);
        bool hasParts = entry.Parameters.Any(parameter => parameter.Name == "parts");
        object method = entry.Create([
            new("retention", retention.ToString(CultureInfo.InvariantCulture)),
            .. hasParts ? [new("parts", "inside-model")] : Array.Empty<KeyValuePair<string, string>>(),
        ]);
        return new ReductionChoice { Prefill = method as IPrefillReducer, Cache = method as ICacheReducer };
    }

    private static async Task<string> Ask(Conversation conversation, string question)
    {
        var text = new StringBuilder();
        await foreach (string piece in conversation.AskAsync(question, new AnswerOptions { MaximumTokens = 4 }))
            text.Append(piece);
        return text.ToString();
    }
}
