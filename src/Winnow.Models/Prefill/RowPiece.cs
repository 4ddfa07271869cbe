using Winnow.Numerics;

namespace Winnow.Models.Prefill;

/// <summary>Rows that pass through a layer together, so that scratch memory is bounded however long the prompt is.</summary>
/// <param name="First">First row.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Rotary">Their rotary angles.</param>
internal sealed record RowPiece(int First, int Count, RotaryTable Rotary)
{
    /// <summary>Long enough that unpacking a layer's weights once a piece costs little beside the products.</summary>
    private const int Length = 1024;

    /// <summary>Cuts rows at those positions into pieces.</summary>
    public static RowPiece[] Cut(ReadOnlySpan<int> positions, int headWidth, double ropeBase)
    {
        var pieces = new RowPiece[(positions.Length + Length - 1) / Length];
        for (int piece = 0; piece < pieces.Length; piece++)
        {
            int first = piece * Length, count = Math.Min(Length, positions.Length - first);
            pieces[piece] = new RowPiece(first, count, new RotaryTable(positions.Slice(first, count), headWidth, ropeBase));
        }
        return pieces;
    }

    /// <summary>The piece of <c>[N, width]</c>.</summary>
    public Span<float> Of(Span<float> rows, int width) => rows.Slice(First * width, Count * width);
}
