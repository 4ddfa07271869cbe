namespace Winnow.Models.Encode.Passes;

/// <summary>Takes what comes out of the tower.</summary>
internal interface ITowerSink
{
    /// <summary>In a frame's map: the place repeats what it was in the frame before.</summary>
    const int Repeat = -1;

    /// <summary>In a frame's map: nothing came out for the place.</summary>
    const int Absent = -2;

    /// <summary>Features that the next frames consist of, in place of the last ones.</summary>
    /// <param name="features"><c>[rows, states * Width]</c>.</param>
    void Rows(ReadOnlySpan<float> features);

    /// <summary>The next frame is finished; the tower's record holds its notes.</summary>
    /// <param name="rows">
    /// <c>[Tokens]</c>: for each place the row with its features, or <see cref="Repeat"/>, or <see cref="Absent"/>.
    /// </param>
    void Frame(ReadOnlySpan<int> rows);
}
