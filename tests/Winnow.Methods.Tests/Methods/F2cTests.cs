using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests.Primitives;

namespace Winnow.Tests.Methods;

/// <summary>F2C has no recordings: its page is read with plain loops.</summary>
public class F2cTests
{
    [Fact]
    public void Clips_agree_with_a_plain_reading_of_the_page()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            int frames = 20 + seed, wanted = 3 + seed % 5;
            TokenMatrix embeddings = Samples.Vectors(seed, frames, 6), question = Samples.Vectors(seed + 50, 1, 6);
            FrameChoice choice = new F2c(new F2c.Options()).Select(Candidates(embeddings, question, wanted));
            int[] anchors = choice.Trace.Find<int>("anchors")!, starts = choice.Trace.Find<int>("clip_starts")!,
                lengths = choice.Trace.Find<int>("clip_lengths")!;

            (int Start, int Length)[] expected =
                [.. anchors.Select(anchor => PlainClip(embeddings, question, anchor, wanted, anchors.Length))];
            Assert.All(starts.Zip(lengths), clip => Assert.Contains(clip, expected));
            Assert.Equal(
                starts.Zip(lengths).SelectMany(clip => Enumerable.Range(clip.First, clip.Second)).Distinct().Order(), choice.Indices);
        }
    }

    [Fact]
    public void Anchors_are_the_peaks_between_valleys()
    {
        // Directions whose cosine with the question is the curve; its peaks are the frames 2, 6 and 9.
        double[] curve = [0.1, 0.3, 0.6, 0.2, 0.1, 0.4, 0.8, 0.5, 0.3, 0.7, 0.2];
        var embeddings = new TokenMatrix(
            curve.SelectMany(value => new[] { (float)value, (float)Math.Sqrt(1 - value * value) }).ToArray(), 2);
        FrameChoice choice = new F2c(new F2c.Options()).Select(Candidates(embeddings, new TokenMatrix(new float[] { 1, 0 }, 2), 4));

        Assert.Equal([2, 6, 9], choice.Trace.Find<int>("anchors")!);
    }

    [Fact]
    public void Still_scene_gets_longer_clips_at_a_smaller_scale_only_while_length_pays()
    {
        TokenMatrix same = new(Enumerable.Repeat(new[] { 1f, 0f }, 30).SelectMany(row => row).ToArray(), 2);
        var question = new TokenMatrix(new float[] { 1, 1 }, 2);

        // Frames that are all alike cost redundancy: clips of one frame. Without that cost, the longest.
        Assert.All(new F2c(new F2c.Options()).Select(Candidates(same, question, 4)).Scales!, scale => Assert.Equal(1, scale));
        Assert.All(new F2c(new F2c.Options { RedundancyWeight = 0 }).Select(Candidates(same, question, 4)).Scales!,
            scale => Assert.Equal(2, scale));
    }

    private static (int Start, int Length) PlainClip(TokenMatrix embeddings, TokenMatrix question, int anchor, int wanted, int anchors)
    {
        int longest = Math.Min(embeddings.Count, Math.Max(1, (int)Math.Round(4.0 * wanted / anchors)));
        (int Start, int Length) best = default;
        double highest = double.NegativeInfinity;
        for (int length = 1; length <= longest; length++)
        {
            int start = Math.Min(Math.Max(0, anchor - (length - 1) / 2), embeddings.Count - length);
            double relevance = Enumerable.Range(start, length).Average(i => Cosine(embeddings[i], question[0])), redundancy = 0;
            for (int i = start; i < start + length; i++)
                for (int j = start; j < start + length; j++)
                    redundancy += i == j ? 0 : Cosine(embeddings[i], embeddings[j]) / (length * (length - 1));
            double objective = relevance - 0.5 * redundancy + 0.05 * length / longest;
            if (objective > highest + 1e-9)
                (best, highest) = ((start, length), objective);
        }
        return best;
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, left = 0, right = 0;
        for (int i = 0; i < a.Length; i++)
            (product, left, right) = (product + (double)a[i] * b[i], left + (double)a[i] * a[i], right + (double)b[i] * b[i]);
        return product / Math.Sqrt(left * right);
    }

    private static FrameCandidates Candidates(TokenMatrix embeddings, TokenMatrix question, int wanted) => new(
        [.. Enumerable.Range(0, embeddings.Count).Select(second => TimeSpan.FromSeconds(second))], wanted,
        new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.FrameEmbeddings)] = new(embeddings.Values, embeddings.Count, embeddings.Dimension),
            [new SignalRequest(Signal.TextEmbeddings)] = new(question.Values, 1, question.Dimension),
        });
}
