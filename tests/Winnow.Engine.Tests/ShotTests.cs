using Winnow.Methods;

namespace Winnow.Engine.Tests;

/// <summary>Frames chosen by shots of a real clip: a long moving one, a flash of a single second, and another long one.</summary>
public sealed class ShotTests(TinyModel model, ClipFolder clips) : IClassFixture<TinyModel>, IClassFixture<ClipFolder>
{
    private const string ThreeShots =
        "testsrc2=s=128x96:r=8:d=9[a];smptebars=s=128x96:r=8:d=1,hue=s=0.2[b];"
        + "mandelbrot=s=128x96:r=8,trim=duration=6,setpts=PTS-STARTPTS[c];[a][b][c]concat=n=3:v=1";

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public async Task Every_shot_is_seen_and_long_ones_more(int frames)
    {
        EncodedClip clip = await ChosenAsync(frames, candidates: 32);

        int[] ofShot = [.. clip.FrameTimes.GroupBy(time => time.TotalSeconds < 9 ? 0 : time.TotalSeconds < 10 ? 1 : 2)
            .OrderBy(shot => shot.Key).Select(shot => shot.Count())];
        Assert.Equal(3, ofShot.Length);
        Assert.Equal((frames, 1), (ofShot.Sum(), ofShot[1]));
        Assert.True(ofShot[0] >= ofShot[2], $"{ofShot[0]} frames of the longest shot, {ofShot[2]} of the next");
        Assert.Equal(32, clip.Candidates);
    }

    [Fact]
    public async Task Same_clip_gives_the_same_frames()
    {
        Assert.Equal((await ChosenAsync(5, candidates: 24)).FrameTimes, (await ChosenAsync(5, candidates: 24)).FrameTimes);
    }

    [Fact]
    public async Task Nothing_but_the_chosen_frames_passes_the_tower()
    {
        EncodedClip spread = await model.Engine.EncodeAsync(clips.Draw("shots.mkv", ThreeShots), new EncodeOptions { Frames = 4 });

        Assert.Equal(spread.Video.Work, (await ChosenAsync(4, candidates: 32)).Video.Work);
    }

    private Task<EncodedClip> ChosenAsync(int frames, int candidates) => model.Engine.EncodeAsync(
        clips.Draw("shots.mkv", ThreeShots),
        new EncodeOptions { Frames = frames, Candidates = candidates, Selector = new Shots(new Shots.Options()) });
}
