using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;
using Winnow.Video;

namespace Winnow.Tests.Methods;

public class SmsTests
{
    private static readonly TokenGrid Grid = new(3, 4, 5);

    /// <summary>The page with plain loops: no official recordings exist.</summary>
    [Theory]
    [InlineData(0.6, true)]
    [InlineData(0.25, true)]
    [InlineData(0.6, false)]
    public void Kept_tokens_agree_with_a_plain_reading_of_the_page(double textShare, bool withText)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            ReductionInput input = Input(seed, withText);
            ReductionPlan plan = new Sms(new Sms.Options { TextShare = textShare }).Reduce(input);
            Assert.Equal(PlainReading(input, textShare), plan.Places);
        }
    }

    [Fact]
    public void Curve_without_a_long_tail_keeps_all()
    {
        // Cosines fall in equal steps, so the curve is its own chord; then they fall ever faster, above the chord.
        Assert.Equal(8, Kept(i => 1 - 0.1 * i));
        Assert.Equal(8, Kept(i => 1 - 0.01 * i * i));
    }

    [Fact]
    public void Long_tail_is_cut_behind_the_bend()
    {
        double[] curve = [0.9, 0.85, 0.2, 0.15, 0.14, 0.13, 0.12, 0.11];

        // The value at index 2 is the farthest below the chord.
        Assert.Equal(3, Kept(i => curve[i]));
    }

    private static int Kept(Func<int, double> cosine)
    {
        float[] patches =
            [.. Enumerable.Range(0, 8).SelectMany(i => new[] { (float)cosine(i), (float)Math.Sqrt(1 - cosine(i) * cosine(i)) })];
        var grid = new TokenGrid(1, 2, 4);
        var input = new ReductionInput(new TokenMatrix(patches, 2), grid, new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.EncoderFeatures)] = new(patches, 1, 8, 2),
            [new SignalRequest(Signal.ClassFeatures)] = new(new float[] { 1, 0 }, 1, 2),
        });
        return new Sms(new Sms.Options { TextShare = 1 }).Reduce(input).Count;
    }

    private static int[] PlainReading(ReductionInput input, double textShare)
    {
        TokenMatrix patches = input.Require(Signal.EncoderFeatures).AsMatrix(),
            classTokens = input.Require(Signal.ClassFeatures).AsMatrix();
        var kept = new List<int>();
        for (int frame = 0; frame < 3; frame++)
        {
            (int Token, double Value)[] curve =
                [.. Enumerable.Range(frame * 20, 20).Select(token => (token, Cosine(patches[token], classTokens[frame])))
                    .OrderByDescending(pair => pair.Item2).ThenBy(pair => pair.token)];
            int count = 20;
            double farthest = 1e-6;
            for (int i = 0; i < 20; i++)
            {
                double distance = curve[0].Value + (curve[19].Value - curve[0].Value) * i / 19 - curve[i].Value;
                if (i is > 0 and < 19 && distance > farthest)
                    (farthest, count) = (distance, i + 1);
            }
            kept.AddRange(curve.Take(count).Select(pair => pair.Token));
        }
        if (input.Find(Signal.TextEmbeddings) is { } text)
        {
            TokenMatrix words = text.AsMatrix(), image = input.Require(Signal.ImageEmbeddings).AsMatrix();
            kept = [.. kept.OrderByDescending(token => Enumerable.Range(0, words.Count).Max(word => Cosine(image[token], words[word])))
                .Take((int)Math.Ceiling(textShare * kept.Count))];
        }
        return [.. kept.Order()];
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, left = 0, right = 0;
        for (int i = 0; i < a.Length; i++)
            (product, left, right) = (product + (double)a[i] * b[i], left + (double)a[i] * a[i], right + (double)b[i] * b[i]);
        return product / Math.Sqrt(left * right);
    }

    private static ReductionInput Input(int seed, bool withText)
    {
        var signals = new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.EncoderFeatures)] = new(Samples.Vectors(seed, Grid.Count, 7).Values, 3, 20, 7),
            [new SignalRequest(Signal.ClassFeatures)] = new(Samples.Vectors(seed + 100, 3, 7).Values, 3, 7),
        };
        if (withText)
        {
            signals.Add(new SignalRequest(Signal.TextEmbeddings), new SignalValue(Samples.Vectors(seed + 200, 4, 5).Values, 4, 5));
            signals.Add(new SignalRequest(Signal.ImageEmbeddings),
                new SignalValue(Samples.Vectors(seed + 300, Grid.Count, 5).Values, 3, 20, 5));
        }
        return new ReductionInput(Samples.Vectors(seed + 400, Grid.Count, 6), Grid, signals);
    }
}
