using System.Numerics.Tensors;
using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>Pixels to tokens: a convolution whose stride is its kernel's side, as one product, and the learned positions.</summary>
internal sealed class PatchEmbedding
{
    private const int Channels = 3;
    private readonly SiglipConfig _config;
    private readonly Compute _compute;
    private readonly WeightMatrix _kernel;
    private readonly float[] _bias;
    private readonly float[] _positions;

    public PatchEmbedding(SiglipConfig config, IWeightSource weights, Compute compute)
    {
        (_config, _compute) = (config, compute);
        _kernel = weights.Matrix("vision.embeddings.patch_embedding.weight", config.Width, Channels, config.PatchSide, config.PatchSide);
        _bias = weights.Values("vision.embeddings.patch_embedding.bias", config.Width);
        _positions = weights.Values("vision.embeddings.position_embedding.weight", config.Tokens, config.Width);
    }

    /// <summary>Embeds one frame.</summary>
    /// <param name="pixels"><c>[3, ImageSide, ImageSide]</c>, normalised.</param>
    /// <param name="tokens"><c>[Tokens, Width]</c>, row-major over the grid.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Apply(ReadOnlySpan<float> pixels, Span<float> tokens, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> patches = arena.Rent(_config.Tokens * PatchLength);
        Unfold(pixels, patches);
        MatMul.Multiply(_compute, patches, _config.Tokens, _kernel, _bias, tokens);
        TensorPrimitives.Add(tokens, _positions, tokens);
    }

    /// <summary>Embeds some patches of one frame.</summary>
    /// <param name="patches"><c>[Tokens, PatchLength]</c>: all patches, as <see cref="Unfold"/> leaves them.</param>
    /// <param name="places">Which of them.</param>
    /// <param name="tokens"><c>[places, Width]</c>, in the order of the places.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Apply(ReadOnlySpan<float> patches, ReadOnlySpan<int> places, Span<float> tokens, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> chosen = arena.Rent(places.Length * PatchLength);
        TowerRows.Gather(patches, places, PatchLength, chosen);
        MatMul.Multiply(_compute, chosen, places.Length, _kernel, _bias, tokens);
        int width = _config.Width;
        for (int row = 0; row < places.Length; row++)
        {
            Span<float> token = tokens.Slice(row * width, width);
            TensorPrimitives.Add(token, _positions.AsSpan(places[row] * width, width), token);
        }
    }

    /// <summary>Values of a patch: 3 channels of its pixels.</summary>
    public int PatchLength => _kernel.Columns;

    /// <summary>
    /// Each patch as a vector in the kernel's order: channel, row, column. Pixels beyond the last whole patch are not read.
    /// </summary>
    /// <param name="pixels"><c>[3, ImageSide, ImageSide]</c>.</param>
    /// <param name="patches"><c>[Tokens, PatchLength]</c>.</param>
    public void Unfold(ReadOnlySpan<float> pixels, Span<float> patches)
    {
        (int side, int patch, int grid) = (_config.ImageSide, _config.PatchSide, _config.GridSide);
        int target = 0;
        for (int row = 0; row < grid; row++)
            for (int column = 0; column < grid; column++)
                for (int channel = 0; channel < Channels; channel++)
                    for (int y = 0; y < patch; y++, target += patch)
                        pixels.Slice((channel * side + row * patch + y) * side + column * patch, patch).CopyTo(patches[target..]);
    }
}
