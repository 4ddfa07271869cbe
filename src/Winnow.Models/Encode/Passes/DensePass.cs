using Winnow.Numerics;

namespace Winnow.Models.Encode.Passes;

/// <summary>Every patch through every block, frame by frame.</summary>
internal sealed class DensePass(SiglipEncoder tower, TowerRecord record, TowerFeatures features, ActivationArena arena) : ITowerPass
{
    private readonly int[] _places = [.. Enumerable.Range(0, tower.Config.Tokens)];

    public TowerWork Work { get; private set; } = new();

    public void Add(ReadOnlySpan<float> pixels, ITowerSink sink)
    {
        tower.Encode(pixels, record, arena);
        features.Update();
        sink.Rows(features.Values);
        sink.Frame(_places);
        long tokens = _places.Length, rows = tokens * record.BlocksNeeded;
        Work = Work.Plus(new TowerWork { Patches = tokens, Encoded = tokens, Remaining = tokens, Rows = rows, DenseRows = rows });
    }

    public void Complete(ITowerSink sink)
    {
    }
}
