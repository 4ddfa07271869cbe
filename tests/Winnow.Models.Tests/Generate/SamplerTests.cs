using FsCheck;
using FsCheck.Fluent;
using Winnow.Models.Generate;

namespace Winnow.Models.Tests.Generate;

public sealed class SamplerTests
{
    private const int Draws = 20_000;

    public static TheoryData<SamplingOptions> OutOfRange =>
    [
        new SamplingOptions { Temperature = -0.1f },
        new SamplingOptions { Temperature = float.NaN },
        new SamplingOptions { TopK = -1 },
        new SamplingOptions { TopP = 0 },
        new SamplingOptions { TopP = 1.1f },
        new SamplingOptions { TopP = float.NaN },
        new SamplingOptions { RepetitionPenalty = 0 },
        new SamplingOptions { RepetitionPenalty = float.PositiveInfinity },
    ];

    [Fact]
    public void Greedy_takes_the_first_index_of_the_maximum()
    {
        Assert.Equal(1, new Sampler(new SamplingOptions(), 4).Next([1, 3, 3, 2]));
        Assert.Equal(2, new Sampler(new SamplingOptions(), 4).Next([float.NaN, float.NegativeInfinity, -5, -6]));
    }

    [Fact]
    public void Sampler_rows_without_text_are_never_chosen()
    {
        Assert.Equal(0, new Sampler(new SamplingOptions(), 3, unused: [1]).Next([1, 5, 0, 9]));
        var hot = new Sampler(new SamplingOptions { Temperature = 100 }, 3, unused: [1]);
        Assert.All(Enumerable.Range(0, 200), _ => Assert.Contains(hot.Next([1, 5, 0, 9]), (int[])[0, 2]));
    }

    [Fact]
    public void Sampler_without_a_usable_logit_is_refused()
    {
        Assert.Throws<WinnowException>(() => new Sampler(new SamplingOptions(), 2).Next([float.NaN, float.NegativeInfinity]));
    }

    [Fact]
    public void Penalty_acts_on_prompt_and_chosen_ids_once_each_and_when_greedy()
    {
        var sampler = new Sampler(new SamplingOptions { RepetitionPenalty = 2 }, 4);
        // A placeholder outside the vocabulary is passed over; id 1 occurs twice and is penalised once.
        sampler.Observe([1, 1, -200, 99]);

        Assert.Equal(0, sampler.Next([1.6f, 3, -4, -4]));
        // Now 0 is halved to 0.8, 1 to 1.5.
        Assert.Equal(1, sampler.Next([1.6f, 3, -4, -4]));
        // Below zero the penalty multiplies: -1 becomes -2.
        Assert.Equal(2, sampler.Next([-1, -1, -1.5f, -9]));
    }

    [Fact]
    public void TopK_keeps_the_k_largest_and_their_equals()
    {
        Assert.Equal([1, 3], Seen(new SamplingOptions { Temperature = 1, TopK = 2 }, [0, 2, 1, 2]));
        Assert.Equal([1, 2, 3], Seen(new SamplingOptions { Temperature = 1, TopK = 2 }, [0, 2, 1, 1]));
        Assert.Equal([2], Seen(new SamplingOptions { Temperature = 1, TopK = 1 }, [0, 1, 2, 1]));
    }

    [Fact]
    public void TopP_drops_the_tail_of_at_most_the_rest_and_keeps_one()
    {
        float[] logits = [.. new[] { 0.5, 0.3, 0.15, 0.05 }.Select(p => (float)Math.Log(p))];

        Assert.Equal([0, 1], Seen(new SamplingOptions { Temperature = 1, TopP = 0.75f }, logits));
        Assert.Equal([0, 1, 2], Seen(new SamplingOptions { Temperature = 1, TopP = 0.9f }, logits));
        Assert.Equal([0], Seen(new SamplingOptions { Temperature = 1, TopP = 0.01f }, logits));
    }

    /// <summary>The rule as the reference writes it, over everything, against the sampler's shortcut for light candidates.</summary>
    [Fact]
    public void TopP_agrees_with_sorting_everything()
    {
        Prop.ForAll(Gen.Choose(0, 40).NonEmptyListOf().ToArbitrary(), Gen.Choose(1, 99).ToArbitrary(), (tenths, percent) =>
        {
            float p = percent / 100f;
            float[] logits = [.. tenths.Distinct().Select(value => value / 10f)];
            int[] kept = KeptByReference(logits, p);
            var sampler = new Sampler(new SamplingOptions { Temperature = 1, TopP = p }, logits.Length);
            return Enumerable.Range(0, 50).All(_ => kept.Contains(sampler.Next(logits)));
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Five standard deviations of a proportion over the draws: a false alarm is less likely than one in a million.</summary>
    [Theory]
    [InlineData(1f)]
    [InlineData(0.5f)]
    [InlineData(2f)]
    public void Draws_follow_the_softmax_at_the_temperature(float temperature)
    {
        float[] logits = [1, 0, 2, -1];
        double total = logits.Sum(logit => Math.Exp(logit / temperature));
        var sampler = new Sampler(new SamplingOptions { Temperature = temperature, Seed = 7 }, logits.Length);
        int[] counts = new int[logits.Length];
        for (int i = 0; i < Draws; i++)
            counts[sampler.Next(logits)]++;

        for (int id = 0; id < logits.Length; id++)
        {
            double expected = Math.Exp(logits[id] / temperature) / total;
            Assert.InRange(counts[id] / (double)Draws, expected - Margin(expected), expected + Margin(expected));
        }
    }

    [Fact]
    public void Draws_repeat_with_the_seed_and_differ_without()
    {
        float[] logits = [.. Enumerable.Repeat(0f, 50)];

        Assert.Equal(Sequence(3, logits), Sequence(3, logits));
        Assert.NotEqual(Sequence(3, logits), Sequence(4, logits));
    }

    [Fact]
    public void Draws_at_a_tiny_temperature_are_greedy()
    {
        Assert.Equal([2], Seen(new SamplingOptions { Temperature = 1e-6f }, [40, 41, 42, 41]));
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Options_out_of_range_are_refused(SamplingOptions options)
    {
        Assert.Throws<WinnowException>(() => new Sampler(options, 10));
    }

    private static double Margin(double probability) => 5 * Math.Sqrt(probability * (1 - probability) / Draws);

    private static int[] Sequence(int seed, float[] logits)
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 1, Seed = seed }, logits.Length);
        return [.. Enumerable.Range(0, 20).Select(_ => sampler.Next(logits))];
    }

    private static int[] Seen(SamplingOptions options, float[] logits)
    {
        var sampler = new Sampler(options, logits.Length);
        return [.. Enumerable.Range(0, 500).Select(_ => sampler.Next(logits)).Distinct().Order()];
    }

    private static int[] KeptByReference(float[] logits, float topP)
    {
        double total = logits.Sum(logit => Math.Exp(logit)), sum = 0;
        var kept = new List<int>();
        foreach (int id in Enumerable.Range(0, logits.Length).OrderBy(id => logits[id]))
        {
            sum += Math.Exp(logits[id]) / total;
            if (sum > 1 - (double)topP || id == Array.IndexOf(logits, logits.Max()))
                kept.Add(id);
        }
        return [.. kept];
    }
}
