using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests.Methods;

public class FlashVidTests
{
    private const int Frames = 4, Places = 12;

    [Fact]
    public void Tree_of_equal_tokens_is_that_token()
    {
        ReductionPlan plan = Reduce(reproduce: false);

        Assert.All(Enumerable.Range(0, plan.Count), token => Assert.Equal(1, WeightOf(plan, token), 1e-6));
    }

    [Fact]
    public void Tree_of_four_equal_tokens_doubles_where_the_official_quirk_is_kept()
    {
        ReductionPlan plan = Reduce(reproduce: true);

        Assert.Equal(2, Enumerable.Range(0, plan.Count).Max(token => WeightOf(plan, token)), 1e-6);
    }

    [Fact]
    public void One_frame_offers_selected_tokens_once()
    {
        ReductionInput input = Videos.Random(1, 6, 6, 8, Videos.FallingAttention(Signal.ReceivedAttention, 1, 36));

        ReductionPlan plan = new FlashVid(new FlashVid.Options { Parts = MethodParts.BeforeModel, Retention = 0.5 }).Reduce(input);

        Assert.Equal(plan.Places.Distinct(), plan.Places);
        Assert.Equal(18, plan.Count);
    }

    [Fact]
    public void Highest_attention_is_selected_where_asked()
    {
        ReductionInput input = Videos.Random(2, 3, 4, 8, Videos.FallingAttention(Signal.ReceivedAttention, 2, 12));

        ReductionPlan plan = new FlashVid(new FlashVid.Options
        {
            Parts = MethodParts.BeforeModel,
            Retention = 0.25,
            Alpha = 1,
            Method = FlashVid.Selection.Attention
        }).Reduce(input);

        Assert.Equal([0, 1, 2, 12, 13, 14], plan.Places);
    }

    private static ReductionPlan Reduce(bool reproduce) =>
        new FlashVid(new FlashVid.Options
        {
            Parts = MethodParts.BeforeModel,
            Retention = 0.25,
            Alpha = 0,
            MinSegments = 1,
            Reproduce = reproduce
        })
        .Reduce(Videos.Still(Frames, 3, 4, 6, Videos.FallingAttention(Signal.ReceivedAttention, Frames, Places)));

    // All sources of a token are equal, so its value is their common one times this.
    private static double WeightOf(ReductionPlan plan, int token) =>
        plan.Weights.Skip(plan.Offsets[token]).Take(plan.Offsets[token + 1] - plan.Offsets[token]).Sum(weight => (double)weight);
}
