namespace Winnow.Reduction;

/// <summary>
/// The rows of a group of frames at a point: sequence after sequence, each of which is one attention's whole world. At first a sequence is
/// a frame.
/// </summary>
public sealed record EncoderView
{
    /// <summary>What was known before the first block.</summary>
    public required EncoderContext Context { get; init; }

    /// <summary>Where the encoder stands.</summary>
    public required EncoderPoint Point { get; init; }

    /// <summary><c>[S, C]</c>: states of the rows; void after the method has answered, as is everything else of the view.</summary>
    public required TokenMatrix Hidden { get; init; }

    /// <summary>
    /// <c>[S]</c>: each row's patch in the group, frame-major; a merged row has that of the row it is kept under, a class token -1.
    /// </summary>
    public required IReadOnlyList<int> Places { get; init; }

    /// <summary><c>[S]</c>: how many patches each row stands for, as the plans so far said; 1 at first.</summary>
    public required IReadOnlyList<float> Sizes { get; init; }

    /// <summary>Rows of each sequence; they sum to S.</summary>
    public required IReadOnlyList<int> SequenceLengths { get; init; }

    /// <summary>Number of rows (S).</summary>
    public int Count => Places.Count;

    /// <summary><c>[S, C]</c>: keys, all heads side by side, if asked for.</summary>
    public TokenMatrix? Keys { get; init; }

    /// <summary><c>[S, C]</c>: values, all heads side by side, if asked for.</summary>
    public TokenMatrix? Values { get; init; }

    /// <summary>The attention of each sequence, if asked for; not to be read inside a <see cref="EncoderContext.Parallel"/> loop.</summary>
    public IReadOnlyList<AttentionView>? Attention { get; init; }
}
