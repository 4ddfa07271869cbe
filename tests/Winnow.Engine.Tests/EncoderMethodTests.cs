using System.Text;
using Winnow.Methods;
using Winnow.Models.Families;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Engine.Tests;

/// <summary>
/// Methods before and inside the vision encoder on the tiny checkpoint and real clips: the whole catalog, and RLT's own duties.
/// </summary>
public sealed class EncoderMethodTests(TinyModel model, ClipFolder clips) : IClassFixture<TinyModel>, IClassFixture<ClipFolder>
{
    private const int Frames = 8;

    public static TheoryData<string> AtEncoder =>
        [.. EncoderMethods.That<object>(MethodPlaces.BeforeEncoder).Union(EncoderMethods.That<object>(MethodPlaces.InsideEncoder))];

    private static string Shapes => Repository.Path("samples/shapes.mp4");

    [Theory]
    [MemberData(nameof(AtEncoder))]
    public async Task Retention_of_one_gives_the_features_of_the_whole_tower(string id)
    {
        EncoderReduction reduction = Reduction(id, 1);
        EncodedVideo whole = (await model.ShapesAsync()).Video,
            same = (await model.Engine.EncodeAsync(Shapes, new EncodeOptions { Encoder = reduction })).Video;

        Assert.Equal(same.Work.DenseRows, same.Work.Rows);
        Assert.Empty(same.Absent);
        // To the bit; but a pass that keeps attention and MLP for later frames adds them to the states afterwards, not as they come.
        if (reduction.Cacher is null)
            Assert.Equal(whole.Features.Values.ToArray(), same.Features.Values.ToArray());
        else
            AssertClose(whole, same, whole.Grid.Frames, 1e-5);
    }

    [Theory]
    [MemberData(nameof(AtEncoder))]
    public async Task Half_of_the_patches_gives_an_answer_and_an_account_of_fewer_rows(string id)
    {
        EncoderReduction reduction = Reduction(id, 0.5);
        EncodedClip clip = await model.Engine.EncodeAsync(Shapes, new EncodeOptions { Encoder = reduction });
        using Conversation conversation = model.Engine.Start(clip);

        string answer = await Text(conversation.AskAsync("What colour is the star?"));

        Assert.False(string.IsNullOrWhiteSpace(answer));
        Assert.InRange(conversation.Account!.Tower.Rows, 1, conversation.Account.Tower.DenseRows - 1);
        Assert.All(clip.Video.Features.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
        if (reduction.Blocks is not null)
            Assert.InRange(conversation.Account.Tower.Remaining, 1, 0.55 * conversation.Account.Tower.Patches);
    }

    [Fact]
    public async Task Rlt_at_threshold_0_on_a_clip_without_repeats_is_the_dense_run_to_the_bit()
    {
        string noise = clips.Draw("noise.mkv", "nullsrc=s=96x96:r=4:d=4,geq=r='random(1)*255':g='random(2)*255':b='random(3)*255'");

        (EncodedVideo dense, EncodedVideo reduced) = await BothAsync(noise);

        Assert.Equal(reduced.Work.Patches, reduced.Work.Encoded);
        Assert.Equal(dense.Features.Values.ToArray(), reduced.Features.Values.ToArray());
    }

    [Fact]
    public async Task Rlt_on_a_still_clip_encodes_its_first_frame_and_agrees_with_the_dense_run()
    {
        string still = clips.Draw("still.mkv", "testsrc2=s=96x96:r=4:d=0.25,loop=loop=15:size=1:start=0");

        (EncodedVideo dense, EncodedVideo reduced) = await BothAsync(still);

        Assert.Equal(Frames * reduced.Work.Encoded, reduced.Work.Patches);
        AssertClose(dense, reduced, Frames);
    }

    [Fact]
    public async Task Rlt_on_a_still_background_encodes_what_moves_and_agrees_where_nothing_has()
    {
        // A box moves along the lowest quarter of the picture.
        const string background = "testsrc2=s=96x96:r=4:d=0.25,loop=loop=15:size=1:start=0,format=gbrp[a]",
            box = "color=white:s=16x16:r=4:d=4,format=gbrp[b]";
        string moving = clips.Draw("moving.mkv", background + ";" + box + ";[a][b]overlay=x='8*t':y=72:format=gbrp");

        (EncodedVideo dense, EncodedVideo reduced) = await BothAsync(moving);

        Assert.InRange(reduced.Work.Encoded, reduced.Work.Patches / Frames + 1, reduced.Work.Patches / 2);
        // Patches that repeat are not computed again though their frame has changed elsewhere, as the page has it;
        // the first frame is whole.
        AssertClose(dense, reduced, frames: 1);
    }

    [Fact]
    public async Task Before_inside_and_behind_the_encoder_and_inside_the_model_each_tell_what_left()
    {
        var choice = new ReductionChoice
        {
            Encoder = new EncoderReduction { Patches = new Rlt(new Rlt.Options()), Blocks = new Bat(new Bat.Options { Retention = 0.5 }) },
            Reducer = new MmgVid(new MmgVid.Options { Retention = 0.5 }),
            Prefill = new FastV(new FastV.Options { Retention = 0.25 }),
        };
        EncodedClip clip = await model.Engine.EncodeAsync(Shapes, new EncodeOptions().For(choice));
        using Conversation conversation = model.Engine.Start(clip, choice);

        string answer = await Text(conversation.AskAsync("What colour is the star?"));

        Assert.False(string.IsNullOrWhiteSpace(answer));
        TurnAccount account = conversation.Account!;
        Assert.InRange(account.Tower.Encoded, 1, account.Tower.Patches - 1);
        Assert.InRange(account.Tower.Remaining, 1, account.Tower.Encoded - 1);
        Assert.Equal(account.VisualTokens / 2, account.KeptTokens);
        LayerCut cut = Assert.Single(account.Cuts);
        Assert.InRange(cut.After, 1, cut.Before - 1);
    }

    private async Task<(EncodedVideo Dense, EncodedVideo Reduced)> BothAsync(string path)
    {
        var options = new EncodeOptions { Frames = Frames };
        EncodedClip dense = await model.Engine.EncodeAsync(path, options);
        EncodedClip reduced = await model.Engine.EncodeAsync(path,
            options with { Encoder = new EncoderReduction { Patches = new Rlt(new Rlt.Options { Threshold = 0 }) } });
        return (dense.Video, reduced.Video);
    }

    // Products of other shapes add in another order.
    private static void AssertClose(EncodedVideo expected, EncodedVideo actual, int frames, double share = 1e-4)
    {
        int count = frames * expected.Grid.TokensPerFrame * expected.Features.Dimension;
        float[] wanted = expected.Features.Values[..count].ToArray(), had = actual.Features.Values[..count].ToArray();
        double tolerance = share * wanted.Max(Math.Abs);
        for (int i = 0; i < count; i++)
            Assert.InRange(had[i], wanted[i] - tolerance, wanted[i] + tolerance);
    }

    private static EncoderReduction Reduction(string id, double retention)
    {
        object before = EncoderMethods.Make(id, MethodPlaces.BeforeEncoder, retention),
            inside = EncoderMethods.Make(id, MethodPlaces.InsideEncoder, retention);
        return new EncoderReduction
        {
            Patches = before as IPatchReducer,
            Blocks = inside as IEncoderReducer,
            Cacher = inside as IEncoderCacher
        };
    }

    private static async Task<string> Text(IAsyncEnumerable<string> pieces)
    {
        var text = new StringBuilder();
        await foreach (string piece in pieces)
            text.Append(piece);
        return text.ToString();
    }
}
