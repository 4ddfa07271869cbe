using Winnow.Reduction;

namespace Winnow.Models.Encode.Passes;

/// <summary>A frame's patches and what a method made of each.</summary>
internal sealed class PatchChoice
{
    private readonly SiglipEncoder _tower;
    private readonly float[] _patches;
    private readonly PatchFate[] _fates;
    private readonly bool[] _holds;
    private readonly int[] _rows;
    private bool _started;

    public PatchChoice(SiglipEncoder tower)
    {
        int tokens = tower.Config.Tokens;
        (_tower, _patches) = (tower, new float[tokens * tower.Embedding.PatchLength]);
        (_fates, _holds, _rows) = (new PatchFate[tokens], new bool[tokens], new int[tokens]);
    }

    /// <summary><c>[Tokens, PatchLength]</c>.</summary>
    public ReadOnlySpan<float> Patches => _patches;

    /// <summary>Places that are encoded, rising.</summary>
    public int[] Encoded { get; private set; } = [];

    /// <summary>Places that hold something, of this frame or of the one that they repeat, rising.</summary>
    public int[] Visible { get; private set; } = [];

    /// <summary>
    /// <c>[Tokens]</c>: number among <see cref="Encoded"/>, or <see cref="ITowerSink.Repeat"/>, or <see cref="ITowerSink.Absent"/>.
    /// </summary>
    public ReadOnlySpan<int> Rows => _rows;

    /// <summary>Whether every patch is encoded.</summary>
    public bool IsWhole => Encoded.Length == _rows.Length;

    /// <summary>Takes a frame.</summary>
    /// <param name="pixels"><c>[3, ImageSide, ImageSide]</c>.</param>
    /// <param name="run">Chooses; null to encode everything.</param>
    public void Next(ReadOnlySpan<float> pixels, IPatchRun? run)
    {
        _tower.Require(pixels);
        _tower.Embedding.Unfold(pixels, _patches);
        Array.Fill(_fates, PatchFate.Encode);
        run?.Choose(new TokenMatrix(_patches, _tower.Embedding.PatchLength), _fates);
        int encoded = 0;
        for (int place = 0; place < _rows.Length; place++)
        {
            if (!_started && _fates[place] == PatchFate.Repeat)
                throw new InvalidOperationException("A patch of the first frame repeats the frame before, and there is none.");
            _holds[place] = _fates[place] switch { PatchFate.Encode => true, PatchFate.Drop => false, _ => _holds[place] };
            _rows[place] = _fates[place] == PatchFate.Encode ? encoded++ : _holds[place] ? ITowerSink.Repeat : ITowerSink.Absent;
        }
        _started = true;
        Encoded = [.. Enumerable.Range(0, _rows.Length).Where(place => _fates[place] == PatchFate.Encode)];
        Visible = [.. Enumerable.Range(0, _rows.Length).Where(place => _holds[place])];
    }
}
