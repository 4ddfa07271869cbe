using System.Buffers;
using Winnow.Models.Encode;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Families;

/// <summary>One signal of a video, gathered frame by frame from where the encoder leaves it.</summary>
/// <param name="source">Values of the last frame: one vector a frame, or one for each place of the tower's grid.</param>
/// <param name="pooling">Brings the tower's grid to the tokens'; null for a signal of one vector a frame.</param>
internal sealed class FrameSignal(float[] source, SpatialPooling? pooling)
{
    private readonly ArrayBufferWriter<float> _values = new();
    private readonly int _width = pooling is null ? source.Length : source.Length / (pooling.SourceSide * pooling.SourceSide);

    /// <summary>Takes over the values of the frame that has just passed.</summary>
    public void AddFrame()
    {
        if (pooling is null)
        {
            _values.Write(source);
            return;
        }
        int length = pooling.Tokens * _width;
        pooling.Apply(source, _width, _values.GetSpan(length)[..length]);
        _values.Advance(length);
    }

    /// <summary>The signal of all frames: <c>[F, N]</c> where a place has one value, <c>[F, N, width]</c>, or <c>[F, width]</c>.</summary>
    public SignalValue Build(TokenGrid grid)
    {
        if (pooling is null)
            return new SignalValue(_values.WrittenMemory, grid.Frames, _width);
        return _width == 1
            ? new SignalValue(_values.WrittenMemory, grid.Frames, grid.TokensPerFrame)
            : new SignalValue(_values.WrittenMemory, grid.Frames, grid.TokensPerFrame, _width);
    }
}
