using System.Buffers;
using Winnow.Models.Configuration;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>Gathers <see cref="Signal.Pixels"/>: the square block of pixels behind each token, brought back to 0..1.</summary>
/// <remarks>
/// Token (row, column) of a grid of S x S has the block that begins at <c>floor(row * side / S)</c> and
/// <c>floor(column * side / S)</c>; blocks are <c>floor(side / S)</c> pixels wide, so all are of one size and, where S does not divide
/// the side, a seam of single pixels belongs to none.
/// </remarks>
/// <param name="pixels">How pixels became numbers.</param>
/// <param name="gridSide">Side of the tokens' grid, S; at most the picture's side.</param>
internal sealed class PixelBlocks(PixelSettings pixels, int gridSide)
{
    private const int Channels = 3;
    private readonly ArrayBufferWriter<float> _values = new();
    private readonly int _height = pixels.Height / gridSide;
    private readonly int _width = pixels.Width / gridSide;

    /// <summary>Takes over a frame.</summary>
    /// <param name="planes"><c>[3, height, width]</c>, normalised.</param>
    public void Add(ReadOnlySpan<float> planes)
    {
        for (int row = 0; row < gridSide; row++)
            for (int column = 0; column < gridSide; column++)
                AddBlock(planes, row * pixels.Height / gridSide, column * pixels.Width / gridSide);
    }

    /// <summary><c>[F, 1, N, P]</c>: a frame is a step of one picture.</summary>
    public SignalValue Build(TokenGrid grid) =>
        new(_values.WrittenMemory, grid.Frames, 1, grid.TokensPerFrame, Channels * _height * _width);

    private void AddBlock(ReadOnlySpan<float> planes, int top, int left)
    {
        for (int channel = 0; channel < Channels; channel++)
        {
            (float scale, float shift) = ((float)pixels.Deviation[channel], (float)pixels.Mean[channel]);
            for (int y = top; y < top + _height; y++)
            {
                Span<float> target = _values.GetSpan(_width)[.._width];
                planes.Slice((channel * pixels.Height + y) * pixels.Width + left, _width).CopyTo(target);
                foreach (ref float value in target)
                    value = Math.Clamp(value * scale + shift, 0, 1);
                _values.Advance(_width);
            }
        }
    }
}
