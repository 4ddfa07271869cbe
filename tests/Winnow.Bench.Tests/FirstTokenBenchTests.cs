using Winnow.Engine;
using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Bench.Tests;

public sealed class FirstTokenBenchTests
{
    private const int Frames = 8;

    [Fact]
    public async Task Both_paths_take_the_same_frames_and_every_stage_is_part_of_the_whole()
    {
        FirstTokenReport report = await FirstTokenBench.RunAsync(Options(new Rlt(new Rlt.Options())), null, CancellationToken.None);

        FirstTokenClip clip = Assert.Single(report.Clips);
        Assert.Equal("shapes.mp4", clip.Video);
        Assert.Equal(clip.Dense.Seconds / clip.Reduced.Seconds, clip.Speedup);
        foreach (FirstTokenPath path in (FirstTokenPath[])[clip.Dense, clip.Reduced])
        {
            Assert.Equal((Frames, Frames * 144, Frames * 36), (path.Frames, path.Patches, path.VisualTokens));
            Assert.All((double[])[path.DecodeSeconds, path.EncodeSeconds, path.ReduceSeconds, path.PrefillSeconds],
                seconds => Assert.True(seconds > 0));
            Assert.True(path.OtherSeconds >= 0);
        }
    }

    [Fact]
    public async Task The_reduced_path_tells_what_left_at_which_place()
    {
        FirstTokenClip clip = (await FirstTokenBench.RunAsync(Options(new Rlt(new Rlt.Options())), null, CancellationToken.None)).Clips[0];

        Assert.Equal((Frames * 144, 1.0, Frames * 36), (clip.Dense.EncodedPatches, clip.Dense.TowerRowShare, clip.Dense.KeptTokens));
        Assert.InRange(clip.Reduced.EncodedPatches, 144, Frames * 144 / 2);
        Assert.Equal((double)clip.Reduced.EncodedPatches / clip.Reduced.Patches, clip.Reduced.TowerRowShare, 12);
        Assert.Equal(Frames * 36 / 4, clip.Reduced.KeptTokens);
        Assert.Equal(Frames * 36 * 3 / 4, clip.Dense.PromptRows - clip.Reduced.PromptRows);
    }

    [Fact]
    public async Task A_video_that_is_not_there_is_named()
    {
        FirstTokenOptions options = Options(null) with { Videos = ["no-such-file.mp4"] };

        var error = await Assert.ThrowsAsync<WinnowException>(() => FirstTokenBench.RunAsync(options, null, CancellationToken.None));

        Assert.Contains("no-such-file.mp4", error.Message);
    }

    private static FirstTokenOptions Options(IPatchReducer? patches) => new()
    {
        Configuration = BenchConfiguration.Find("tiny"),
        Threads = 1,
        LanguageFolder = Repository.Path("models/tiny"),
        Videos = [Repository.Path("samples/shapes.mp4")],
        Frames = Frames,
        Choice = new ReductionChoice
        {
            Encoder = new EncoderReduction { Patches = patches },
            Reducer = new Uniform(new Uniform.Options { Retention = 0.25 }),
        },
    };
}
