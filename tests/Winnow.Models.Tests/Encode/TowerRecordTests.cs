using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Tests.Encode;

public sealed class TowerRecordTests : IDisposable
{
    private static readonly SiglipConfig Config = new()
    {
        Width = 24,
        MlpWidth = 40,
        Layers = 3,
        Heads = 2,
        ImageSide = 21,
        PatchSide = 8,
        NormEpsilon = 1e-6f,
    };

    private readonly Compute _compute = new(1);
    private readonly ActivationArena _arena = new();
    private readonly float[] _frame = [.. Enumerable.Range(0, 3 * 21 * 21).Select(i => MathF.Sin(i))];

    public void Dispose()
    {
        _arena.Dispose();
        _compute.Dispose();
    }

    [Fact]
    public void Features_of_several_states_stand_side_by_side_in_the_order_given()
    {
        var tower = new SiglipEncoder(Config, new RandomWeights(WeightType.F32, 7), _compute);
        var record = new TowerRecord(Config);
        var features = new TowerFeatures(record, [-1, 0, -2]);
        tower.Encode(_frame, record, _arena);
        features.Update();
        float[] last = record.State(3), embeddings = record.State(0), before = record.State(2);
        for (int token = 0; token < Config.Tokens; token++)
        {
            int at = token * 24;
            float[] expected = [.. last[at..(at + 24)], .. embeddings[at..(at + 24)], .. before[at..(at + 24)]];
            Assert.Equal(expected, features.Values[(3 * at)..(3 * at + 72)]);
        }
    }

    [Fact]
    public void Blocks_beyond_what_is_noted_do_not_run()
    {
        var record = new TowerRecord(Config);
        record.State(-3);
        Assert.Equal(1, record.BlocksNeeded);
        record.Keys(1);
        Assert.Equal(2, record.BlocksNeeded);
        record.ReceivedAttention(-1);
        Assert.Equal(3, record.BlocksNeeded);
    }

    [Fact]
    public void Pixels_beyond_the_last_whole_patch_are_not_read()
    {
        var tower = new SiglipEncoder(Config, new RandomWeights(WeightType.F32, 7), _compute);
        var record = new TowerRecord(Config);
        float[] state = record.State(-1);
        tower.Encode(_frame, record, _arena);
        float[] expected = [.. state];
        for (int channel = 0; channel < 3; channel++)
            for (int i = 0; i < 21; i++)
                for (int edge = 16; edge < 21; edge++)
                    _frame[(channel * 21 + i) * 21 + edge] = _frame[(channel * 21 + edge) * 21 + i] = 1e6f;
        tower.Encode(_frame, record, _arena);
        Assert.Equal(expected, state);
    }

    [Fact]
    public void Scratch_memory_does_not_grow_with_the_number_of_frames()
    {
        var tower = new SiglipEncoder(Config, new RandomWeights(WeightType.F32, 7), _compute);
        var record = new TowerRecord(Config);
        record.State(-1);
        tower.Encode(_frame, record, _arena);
        long peak = _arena.PeakBytes;
        for (int frame = 0; frame < 5; frame++)
            tower.Encode(_frame, record, _arena);
        Assert.Equal(peak, _arena.PeakBytes);
        Assert.Equal(0, _arena.UsedBytes);
    }
}
