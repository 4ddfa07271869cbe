namespace Winnow.Video;

/// <summary>
/// Where visual tokens come from: frames, each a grid of rows and columns. Token <c>i</c> lies in frame
/// <c>i / (Rows * Columns)</c>, row-major inside it.
/// </summary>
/// <param name="Frames">Number of frames, at least 1.</param>
/// <param name="Rows">Rows of tokens in a frame, at least 1.</param>
/// <param name="Columns">Tokens in a row, at least 1.</param>
public readonly record struct TokenGrid(int Frames, int Rows, int Columns)
{
    /// <summary>Tokens of one frame (N in the papers).</summary>
    public int TokensPerFrame => Rows * Columns;

    /// <summary>Tokens of the whole video.</summary>
    public int Count => Frames * Rows * Columns;

    /// <summary>Frame of a token.</summary>
    public int FrameOf(int token) => token / TokensPerFrame;

    /// <summary>Place of a token inside its frame, row-major.</summary>
    public int PlaceOf(int token) => token % TokensPerFrame;
}
