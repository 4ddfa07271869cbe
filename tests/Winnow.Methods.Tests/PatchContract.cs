using Winnow.Reduction;

namespace Winnow.Tests;

/// <summary>
/// What every method before the vision encoder promises, and every one that reuses the blocks'
/// work of an earlier frame, whatever its paper.
/// </summary>
public class PatchContract
{
    private const int Frames = 7, PatchSide = 2, PatchLength = 3 * PatchSide * PatchSide;

    public static TheoryData<string> Patches => [.. EncoderMethods.That<IPatchReducer>(MethodPlaces.BeforeEncoder)];

    public static TheoryData<string> Cachers => [.. EncoderMethods.That<IEncoderCacher>(MethodPlaces.InsideEncoder)];

    [Theory]
    [MemberData(nameof(Patches))]
    public void First_frame_repeats_nothing_and_is_not_left_out_altogether(string id) => ForVideos((video, context) =>
    {
        foreach (double retention in new[] { 0.1, 0.5, 1 })
        {
            PatchFate[][] fates = Run(id, retention, video, context);
            Assert.All(fates.SelectMany(frame => frame), fate => Assert.True(Enum.IsDefined(fate)));
            Assert.DoesNotContain(PatchFate.Repeat, fates[0]);
            Assert.Contains(PatchFate.Encode, fates[0]);
        }
    });

    [Theory]
    [MemberData(nameof(Patches))]
    public void Same_frames_have_the_same_fates_in_every_run(string id) => ForVideos((video, context) =>
    {
        var method = (IPatchReducer)EncoderMethods.Make(id, MethodPlaces.BeforeEncoder, 0.4);

        Assert.Equal(Run(method, video, context), Run(method, video, context));
    });

    [Theory]
    [MemberData(nameof(Patches))]
    public void Retention_of_one_encodes_every_patch(string id) =>
        ForVideos((video, context) =>
            Assert.All(Run(id, 1, video, context).SelectMany(frame => frame), fate => Assert.Equal(PatchFate.Encode, fate)));

    [Theory]
    [MemberData(nameof(Patches))]
    public void Frame_that_repeats_costs_no_more_than_one_that_does_not(string id)
    {
        var context = new PatchContext(4, 3, PatchSide, [0.5, 0.5, 0.5]);
        float[] frame = Noise(new Random(1), context.Patches * PatchLength);
        float[][] still = [.. Enumerable.Repeat(frame, Frames)],
            moving = [.. Enumerable.Range(0, Frames).Select(seed => Noise(new Random(seed), frame.Length))];

        int ofStill = Encoded(Run(id, 0.5, still, context)), ofMoving = Encoded(Run(id, 0.5, moving, context));

        Assert.InRange(ofStill, 1, Math.Min(ofMoving, Frames * context.Patches - 1));
    }

    [Theory]
    [MemberData(nameof(Patches))]
    public void Not_a_number_is_refused_or_gives_patches_a_fate(string id)
    {
        var context = new PatchContext(2, 3, PatchSide, [0.5, 0.5, 0.5]);
        float[][] video = [.. Enumerable.Range(0, 3).Select(seed => Noise(new Random(seed), context.Patches * PatchLength))];
        video[1][5] = float.NaN;
        try
        {
            Assert.All(Run(id, 0.5, video, context).SelectMany(frame => frame), fate => Assert.True(Enum.IsDefined(fate)));
        }
        catch (ArgumentException refusal)
        {
            Assert.False(string.IsNullOrWhiteSpace(refusal.Message));
        }
    }

    [Theory]
    [MemberData(nameof(Cachers))]
    public void First_chunk_is_encoded_in_full_and_later_ones_compute_something_anew(string id)
    {
        foreach (double retention in new[] { 0.05, 0.3, 0.8 })
            foreach ((TokenMatrix keys, TokenMatrix reference) in Keys())
            {
                var method = (IEncoderCacher)EncoderMethods.Make(id, MethodPlaces.InsideEncoder, retention);
                Assert.InRange(method.ChunkFrames, 1, int.MaxValue);
                Assert.True(method.IsFull(0));
                int[] places = method.Recompute(keys, reference);
                Assert.Equal(places.Distinct().Order(), places);
                Assert.InRange(places.Length, 1, keys.Count);
                Assert.All(places, place => Assert.InRange(place, 0, keys.Count - 1));
                Assert.Equal(places, method.Recompute(keys, reference));
            }
    }

    [Theory]
    [MemberData(nameof(Cachers))]
    public void Retention_of_one_computes_everything(string id)
    {
        var method = (IEncoderCacher)EncoderMethods.Make(id, MethodPlaces.InsideEncoder, 1);
        foreach ((TokenMatrix keys, TokenMatrix reference) in Keys())
            Assert.All(Enumerable.Range(0, 20),
                chunk => Assert.True(method.IsFull(chunk) || method.Recompute(keys, reference).Length == keys.Count));
    }

    private static void ForVideos(Action<float[][], PatchContext> check)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var context = new PatchContext(random.Next(1, 6), random.Next(1, 6), PatchSide, [0.25, 0.5, 0.75]);
            int length = context.Patches * PatchLength;
            float[] scene = seed % 5 == 0 ? new float[length] : Noise(random, length);
            // Still places, and places that move a little or a lot.
            double moving = random.NextDouble();
            check(
                [.. Enumerable.Range(0, seed % 7 == 0 ? 1 : Frames)
                    .Select(_ => scene.Select(value => random.NextDouble() < moving ? value + random.NextSingle() : value).ToArray())],
                context);
        }
    }

    private static IEnumerable<(TokenMatrix Keys, TokenMatrix Reference)> Keys()
    {
        foreach (int count in new[] { 1, 2, 12, 35 })
        {
            var random = new Random(count);
            float[] keys = Noise(random, count * 4), reference = Noise(random, count * 4);
            yield return (new TokenMatrix(keys, 4), new TokenMatrix(reference, 4));
            yield return (new TokenMatrix(keys, 4), new TokenMatrix(keys, 4));
            yield return (new TokenMatrix(new float[count * 4], 4), new TokenMatrix(reference, 4));
        }
    }

    private static int Encoded(PatchFate[][] fates) => fates.Sum(frame => frame.Count(fate => fate == PatchFate.Encode));

    private static PatchFate[][] Run(string id, double retention, float[][] video, PatchContext context) =>
        Run((IPatchReducer)EncoderMethods.Make(id, MethodPlaces.BeforeEncoder, retention), video, context);

    private static PatchFate[][] Run(IPatchReducer method, float[][] video, PatchContext context)
    {
        IPatchRun run = method.Begin(context);
        return Array.ConvertAll(video, frame =>
        {
            PatchFate[] fates = new PatchFate[context.Patches];
            run.Choose(new TokenMatrix(frame, PatchLength), fates);
            return fates;
        });
    }

    private static float[] Noise(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
}
