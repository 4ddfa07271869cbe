using Winnow.Video;

namespace Winnow.Evaluation.Pictures;

/// <summary>A picture that is drawn on. Coordinates are pixels from the upper left corner; what lies outside is not drawn.</summary>
internal sealed class Canvas
{
    private readonly byte[] _pixels;

    public Canvas(int width, int height, Rgb background)
    {
        (Width, Height) = (width, height);
        _pixels = new byte[checked(width * height * 3)];
        Fill(0, 0, width, height, background);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>The picture as it stands; drawing on goes on in the same memory.</summary>
    public Frame ToFrame(int index = 0, TimeSpan time = default) => new(Width, Height, _pixels, index, time);

    public void Set(int x, int y, Rgb colour)
    {
        if (x < 0 || y < 0 || x >= Width || y >= Height)
            return;
        int at = (y * Width + x) * 3;
        (_pixels[at], _pixels[at + 1], _pixels[at + 2]) = (colour.Red, colour.Green, colour.Blue);
    }

    public void Fill(int left, int top, int width, int height, Rgb colour)
    {
        for (int y = top; y < top + height; y++)
            for (int x = left; x < left + width; x++)
                Set(x, y, colour);
    }

    /// <summary>Puts a picture down.</summary>
    public void Draw(Frame picture, int left, int top)
    {
        for (int y = 0; y < picture.Height; y++)
            picture.Pixels.AsSpan(y * picture.Width * 3, picture.Width * 3).CopyTo(_pixels.AsSpan(((top + y) * Width + left) * 3));
    }

    /// <summary>Takes colour and most of the light away from a rectangle.</summary>
    public void Dim(int left, int top, int width, int height)
    {
        for (int y = top; y < top + height; y++)
            for (int x = left; x < left + width; x++)
            {
                Span<byte> pixel = _pixels.AsSpan((y * Width + x) * 3, 3);
                int grey = (pixel[0] * 2 + pixel[1] * 5 + pixel[2]) / 8;
                for (int channel = 0; channel < 3; channel++)
                    pixel[channel] = (byte)((pixel[channel] + 3 * grey) / 16);
            }
    }

    /// <summary>Lays a colour over a rectangle so that a third of the picture shows through.</summary>
    public void Tint(int left, int top, int width, int height, Rgb colour)
    {
        for (int y = top; y < top + height; y++)
            for (int x = left; x < left + width; x++)
            {
                Span<byte> pixel = _pixels.AsSpan((y * Width + x) * 3, 3);
                pixel[0] = (byte)((pixel[0] + 2 * colour.Red) / 3);
                pixel[1] = (byte)((pixel[1] + 2 * colour.Green) / 3);
                pixel[2] = (byte)((pixel[2] + 2 * colour.Blue) / 3);
            }
    }

    /// <summary>Writes a line of text, every dot of its letters a square.</summary>
    /// <param name="text">The text; letters that the font lacks become boxes.</param>
    /// <param name="left">Left edge.</param>
    /// <param name="top">Upper edge.</param>
    /// <param name="size">Side of a dot, at least 1; a letter is 5 dots wide and 7 high, with one between letters.</param>
    /// <param name="colour">Its colour.</param>
    public void Write(string text, int left, int top, int size, Rgb colour)
    {
        for (int i = 0; i < text.Length; i++)
            for (int y = 0; y < DotFont.Height; y++)
                for (int x = 0; x < DotFont.Width; x++)
                    if (DotFont.IsSet(text[i], x, y))
                        Fill(left + (i * (DotFont.Width + 1) + x) * size, top + y * size, size, size, colour);
    }
}
