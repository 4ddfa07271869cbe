using Winnow.Methods;
using Winnow.Models.Families;
using Winnow.Models.Tests.Families;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Reduction;

namespace Winnow.Models.Tests.Encode;

/// <summary>Methods between the blocks of a real tower that see its keys, values and attention.</summary>
public sealed class MethodsInsideTheTowerTests : IDisposable
{
    private const int Frames = 5;
    private readonly Compute _compute = new(2);
    private readonly LlavaOneVision _model;
    private readonly float[] _pixels;

    public MethodsInsideTheTowerTests()
    {
        _model = LlavaOneVisionParityTests.Load("a", _compute);
        using SafeTensorsFile recording = LlavaOneVisionParityTests.OpenRecording("a");
        _pixels = recording.ReadFloats("pixel_values");
    }

    public static TheoryData<string> Methods => [VidTldr.Card.Id, Sta.Card.Id, Ppt.Card.Id, Saint.Card.Id, ZeroTPrune.Card.Id];

    public void Dispose()
    {
        _model.Dispose();
        _compute.Dispose();
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void What_keeps_everything_is_the_whole_run_to_the_bit(string id)
    {
        EncodedVideo reduced = Encode(id, "1");

        Assert.Equal(reduced.Work.DenseRows, reduced.Work.Rows);
        Assert.Equal(Encode(None.Card.Id, "1").Features.Values.ToArray(), reduced.Features.Values.ToArray());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void What_reduces_saves_rows_and_leaves_numbers(string id)
    {
        EncodedVideo reduced = Encode(id, "0.3");

        Assert.True(reduced.Work.Rows < reduced.Work.DenseRows, $"{reduced.Work.Rows} of {reduced.Work.DenseRows} rows were computed");
        Assert.Equal(_model.Pooling.Tokens * Frames, reduced.Grid.Count);
        Assert.All(reduced.Features.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
        Assert.Equal(reduced.Features.Values.ToArray(), Encode(id, "0.3").Features.Values.ToArray());
    }

    private EncodedVideo Encode(string id, string retention)
    {
        var blocks = Catalog.Find(id).Create([new KeyValuePair<string, string>("retention", retention)]) as IEncoderReducer;
        using IVideoEncoding encoding = _model.StartVideo([], new EncoderReduction { Blocks = blocks });
        for (int start = 0; start < _pixels.Length; start += _pixels.Length / Frames)
            encoding.Add(_pixels.AsSpan(start, _pixels.Length / Frames));
        return encoding.Complete();
    }
}
