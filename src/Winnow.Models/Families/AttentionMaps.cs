using System.Buffers;
using Winnow.Models.Encode;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>
/// Gathers <see cref="Signal.AttentionMap"/>: what each place of a tower layer looks at, mean over heads, brought to the tokens' grid along
/// both sides by the pooling of the features.
/// </summary>
/// <remarks>
/// Norm, queries and keys of the layer are computed once more from its input: 2 T C^2 + T^2 C multiply-adds a frame, under a hundredth of
/// the tower's own. Only one frame's map of the tower's grid is held, <c>[T, T]</c>.
/// </remarks>
internal sealed class AttentionMaps
{
    private readonly SiglipBlock _block;
    private readonly SpatialPooling _pooling;
    private readonly ActivationArena _arena;
    private readonly Compute _compute;
    private readonly float[] _input;
    private readonly int[] _places;
    private readonly ArrayBufferWriter<float> _values = new();

    /// <summary>Has the layer's input noted.</summary>
    /// <param name="tower">The tower.</param>
    /// <param name="record">The notes of the tower that the frames pass through.</param>
    /// <param name="layer">0-based layer, negative from the end; one that the tower has.</param>
    /// <param name="pooling">From the tower's grid to the tokens'.</param>
    /// <param name="arena">Scratch memory.</param>
    public AttentionMaps(SiglipEncoder tower, TowerRecord record, int layer, SpatialPooling pooling, ActivationArena arena)
    {
        int absolute = layer < 0 ? tower.Config.Layers + layer : layer;
        (_block, _pooling, _arena, _compute) = (tower.Blocks[absolute], pooling, arena, tower.Compute);
        _input = record.State(absolute);
        _places = [.. Enumerable.Range(0, tower.Config.Tokens)];
    }

    /// <summary>Takes over the frame that has just passed.</summary>
    public void AddFrame()
    {
        using ActivationArena.Scope scope = _arena.Enter();
        Span<float> normed = _arena.Rent(_input.Length), queries = _arena.Rent(_input.Length), keys = _arena.Rent(_input.Length);
        _block.Normalize(_input, normed);
        _block.Queries(normed, queries);
        _block.Keys(normed, keys);
        int places = _places.Length, tokens = _pooling.Tokens;
        Span<float> map = _arena.Rent(places * places), narrow = _arena.Rent(places * tokens);
        Attention.Rows(_compute, _block.Input(queries, keys, keys), _places, map, meanOverHeads: true);
        for (int place = 0; place < places; place++)
            _pooling.Apply(map.Slice(place * places, places), 1, narrow.Slice(place * tokens, tokens));
        _pooling.Apply(narrow, tokens, _values.GetSpan(tokens * tokens)[..(tokens * tokens)]);
        _values.Advance(tokens * tokens);
    }

    /// <summary><c>[F, N, N]</c>.</summary>
    public SignalValue Build(TokenGrid grid) => new(_values.WrittenMemory, grid.Frames, grid.TokensPerFrame, grid.TokensPerFrame);
}
