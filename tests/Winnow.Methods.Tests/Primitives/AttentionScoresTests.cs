using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class AttentionScoresTests
{
    [Fact]
    public void Class_attention_is_summed_over_heads_without_the_class_token()
    {
        var attention = new SignalValue(new float[] { 9, 1, 2, 9, 3, 4, 9, 5, 6, 9, 7, 8 }, 2, 2, 3);

        Assert.Equal([4, 6, 12, 14], AttentionScores.OfClassToken(attention).Values);
    }

    [Fact]
    public void Other_shapes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => AttentionScores.OfClassToken(new SignalValue(new float[4], 2, 2)));
        Assert.Throws<ArgumentException>(() => AttentionScores.PerPlace(new SignalValue(new float[4], 2, 2), 3));
    }
}
