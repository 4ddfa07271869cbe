using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>The SigLIP vision tower, one frame at a time: patches, positions, blocks. Its last norm is not applied.</summary>
/// <remarks>The weights are shared and never written, so one encoder serves several threads, each with its own record and arena.</remarks>
public sealed class SiglipEncoder
{
    private readonly PatchEmbedding _embedding;
    private readonly SiglipBlock[] _blocks;

    /// <summary>Takes the tower's weights (names beginning with <c>vision.</c>).</summary>
    /// <exception cref="WinnowException">A weight is missing or has another shape.</exception>
    public SiglipEncoder(SiglipConfig config, IWeightSource weights, Compute compute)
    {
        (Config, Compute) = (config, compute);
        _embedding = new PatchEmbedding(config, weights, compute);
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(layer => new SiglipBlock(config, weights, layer, compute))];
    }

    /// <summary>Sizes.</summary>
    public SiglipConfig Config { get; }

    internal PatchEmbedding Embedding => _embedding;

    internal IReadOnlyList<SiglipBlock> Blocks => _blocks;

    internal Compute Compute { get; }

    internal void Require(ReadOnlySpan<float> pixels)
    {
        if (pixels.Length != 3 * Config.ImageSide * Config.ImageSide)
            throw new ArgumentException(
                $"A frame has 3 x {Config.ImageSide} x {Config.ImageSide} values; {pixels.Length} were given.", nameof(pixels));
    }

    /// <summary>Passes one frame through as many blocks as the record needs.</summary>
    /// <param name="pixels"><c>[3, ImageSide, ImageSide]</c>, R G B, normalised.</param>
    /// <param name="record">What to note; its arrays hold this frame's values afterwards.</param>
    /// <param name="arena">Scratch memory.</param>
    /// <exception cref="ArgumentException">The number of pixels is not that of a frame.</exception>
    public void Encode(ReadOnlySpan<float> pixels, TowerRecord record, ActivationArena arena)
    {
        Require(pixels);
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> x = arena.Rent(Config.Tokens * Config.Width);
        _embedding.Apply(pixels, x, arena);
        Note(x, record.FindState(0));
        for (int layer = 0; layer < record.BlocksNeeded; layer++)
        {
            _blocks[layer].Run(x, record.FindKeys(layer), record.FindReceivedAttention(layer), arena);
            Note(x, record.FindState(layer + 1));
        }
    }

    private static void Note(ReadOnlySpan<float> x, float[]? state)
    {
        if (state is not null)
            x.CopyTo(state);
    }
}
