using Winnow.Evaluation.Running;
using Winnow.Reduction;

namespace Winnow.Evaluation.Tests.Running;

public sealed class MethodPartTests
{
    [Fact]
    public void Parts_carry_parameters_of_their_own()
    {
        IReadOnlyList<MethodPart> parts = MethodPart.Parse("rlt:threshold=0.2+mmg-vid:retention=0.5:neighbours=4+fastv");

        Assert.Equal(["rlt", "mmg-vid", "fastv"], parts.Select(part => part.Entry.Card.Id));
        Assert.Equal([new("threshold", "0.2")], parts[0].Values);
        Assert.Equal([new("retention", "0.5"), new("neighbours", "4")], parts[1].Values);
        Assert.Empty(parts[2].Values);
    }

    [Fact]
    public void A_parts_own_retention_wins_over_that_of_the_combination()
    {
        var input = new ReductionInput(new TokenMatrix(new float[8 * 2], 2), new Video.TokenGrid(2, 2, 2),
            new Dictionary<SignalRequest, SignalValue>());

        ITokenReducer own = MethodSetting.Of("uniform:retention=0.5", 0.25).Choice.Reducer!,
            common = MethodSetting.Of("uniform", 0.25).Choice.Reducer!;

        Assert.Equal((4, 2), (own.Reduce(input).Count, common.Reduce(input).Count));
    }

    [Fact]
    public void A_combination_keeps_its_whole_name() =>
        Assert.Equal("rlt:threshold=0.2+uniform", MethodSetting.Of("rlt:threshold=0.2+uniform", 0.25).Method);

    [Theory]
    [InlineData("rlt:threshold", "rlt:threshold=0.2")]
    [InlineData("nothing:threshold=1", "There is no method nothing")]
    public void What_cannot_be_read_is_named_with_the_remedy(string name, string expected) =>
        Assert.Contains(expected, Assert.Throws<WinnowException>(() => MethodPart.Parse(name)).Message);

    [Fact]
    public void An_unknown_parameter_is_answered_with_the_known_ones() =>
        Assert.Contains("threshold", Assert.Throws<ArgumentException>(() => MethodSetting.Of("rlt:tau=0.2", 0.25)).Message);
}
