using Winnow.Methods;
using Winnow.Models.Prefill;
using Winnow.Models.Tokenize;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Engine.Tests;

/// <summary>Every method after the encoder with every rule for rotary positions, on a real video.</summary>
public sealed class PositionTests(PositionTests.Video video) : IClassFixture<PositionTests.Video>
{
    private const string Question = "What colour is the star?";

    /// <summary>Methods that the tiny checkpoint has the signals for; the others are refused, which other tests see to.</summary>
    public static TheoryData<string> Methods => [.. Names];

    private static string[] Names => [.. Catalog.All.Where(entry => Reducer(entry) is not null
        && entry.Card.Id is not ("hiprune" or "sms" or "vscan")).Select(entry => entry.Card.Id)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Rule_decides_order_and_positions_whatever_the_method(string id)
    {
        ITokenReducer reducer = Reducer(Catalog.Find(id))!;
        ReductionPlan? plan = video.Engine.Reduce(video.Clip, new ReductionChoice { Reducer = reducer }, Question);
        PromptRows whole = video.Splice(null, PositionRule.Original);
        Dictionary<int, int> wholePositions = Enumerable.Range(0, whole.VisualCount).Where(row => whole.Places[row] >= 0)
            .ToDictionary(row => whole.Places[row], row => whole.Positions[whole.VisualStart + row]);

        PromptRows original = video.Splice(plan, PositionRule.Original), compact = video.Splice(plan, PositionRule.Compact);
        PromptRows gap = video.Splice(plan, PositionRule.Gap), first = video.Splice(plan, PositionRule.FirstPlaces);

        foreach (PromptRows rows in new[] { original, gap })
            for (int row = 0; row < rows.VisualCount; row++)
                if (rows.Places[row] >= 0)
                    Assert.Equal(wholePositions[rows.Places[row]], rows.Positions[rows.VisualStart + row]);
        Assert.Equal(gap.Places.Where(place => place >= 0), original.Places.Where(place => place >= 0).Order());
        Assert.Equal(gap.Positions.Order(), gap.Positions);
        Assert.Equal(Enumerable.Range(0, compact.Rows.Count), compact.Positions);
        Assert.Equal(original.Places, compact.Places);
        Assert.Equal(
            Enumerable.Range(whole.VisualStart, first.VisualCount), first.Positions.Skip(first.VisualStart).Take(first.VisualCount));
        // Text goes on behind the whole video, but where the sequence is counted anew.
        Assert.All(
            new[] { original, gap, first },
            rows => Assert.Equal((whole.NextPosition, whole.Positions[^1]), (rows.NextPosition, rows.Positions[^1])));
        Assert.Equal(compact.Rows.Count, compact.NextPosition);
    }

    private static ITokenReducer? Reducer(MethodEntry entry) => entry.Create([new("retention", "0.25")]) as ITokenReducer;

    /// <summary>samples/shapes.mp4 with the signals of all those methods.</summary>
    public sealed class Video : IDisposable
    {
        private readonly ChatTemplate _template;

        public Video()
        {
            _template = ChatTemplate.Load(Repository.Path("models/tiny"), Engine.Tokenizer);
            SignalNeed[] needs = [.. Names.SelectMany(name => Reducer(Catalog.Find(name))!.Needs)];
            Clip = Engine.EncodeAsync(Repository.Path("samples/shapes.mp4"), new EncodeOptions { Needs = needs }).GetAwaiter().GetResult();
        }

        public VideoEngine Engine { get; } = VideoEngine.Load(Repository.Path("models/tiny"));

        public EncodedClip Clip { get; }

        public PromptRows Splice(ReductionPlan? plan, PositionRule rule) =>
            Engine.Model.Splice(_template.Render([new ChatMessage(ChatRole.User, Question, Videos: 1)]), Clip.Video, plan, rule);

        public void Dispose() => Engine.Dispose();
    }
}
