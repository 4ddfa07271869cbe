using System.Numerics.Tensors;
using Winnow.Video;

namespace Winnow.Reduction;

/// <summary>Everything a method sees: the tokens, where they come from, and the signals that it declared.</summary>
public sealed class ReductionInput
{
    private readonly IReadOnlyDictionary<SignalRequest, SignalValue> _signals;

    /// <summary>Takes the tokens and signals of one video; nothing is copied.</summary>
    /// <param name="features"><c>[F * N, D]</c>, frame-major: visual tokens after projector and pooling.</param>
    /// <param name="grid">Frames, rows and columns of the tokens.</param>
    /// <param name="signals">The signals that the method declared, by request; null for none.</param>
    /// <exception cref="ArgumentException">Grid and features disagree, there are no tokens, or a value is NaN or infinite.</exception>
    public ReductionInput(TokenMatrix features, TokenGrid grid, IReadOnlyDictionary<SignalRequest, SignalValue>? signals = null)
    {
        if (grid.Count <= 0)
            throw new ArgumentException(
                $"A reduction needs at least one token; the grid is {grid.Frames} x {grid.Rows} x {grid.Columns}.", nameof(grid));
        if (features.Count != grid.Count)
            throw new ArgumentException(
                $"The grid {grid.Frames} x {grid.Rows} x {grid.Columns} has {grid.Count} tokens; {features.Count} were given.",
                nameof(features));
        RefuseNonFinite(features.Values.Span, "features", features.Dimension);
        Features = features;
        Grid = grid;
        _signals = signals ?? new Dictionary<SignalRequest, SignalValue>();
        foreach ((SignalRequest request, SignalValue value) in _signals)
            RefuseNonFinite(value.Values.Span, $"{request.Kind} of layer {request.Layer}", value.Shape[^1]);
    }

    /// <summary><c>[F * N, D]</c>, frame-major.</summary>
    public TokenMatrix Features { get; }

    /// <summary>Frames, rows and columns of the tokens.</summary>
    public TokenGrid Grid { get; }

    /// <summary>
    /// How heavy loops of a method are spread over threads; one after the other unless the caller says otherwise. No plan depends on it.
    /// </summary>
    public ParallelFor Parallel { get; init; } = static (count, body) =>
    {
        for (int i = 0; i < count; i++)
            body(i);
    };

    /// <summary>The tokens of one frame, <c>[N, D]</c>.</summary>
    public TokenMatrix Frame(int frame) => Features.Slice(frame * Grid.TokensPerFrame, Grid.TokensPerFrame);

    /// <summary>A signal that the method declared.</summary>
    /// <exception cref="InvalidOperationException">The signal was not given.</exception>
    public SignalValue Require(SignalRequest request) => Find(request)
        ?? throw new InvalidOperationException(
            $"The signal {request.Kind} of layer {request.Layer} was not given; a method must declare it in Needs, and the"
                + " caller must provide it.");

    /// <summary>A signal of the last layer, or of none.</summary>
    /// <exception cref="InvalidOperationException">The signal was not given.</exception>
    public SignalValue Require(Signal kind) => Require(new SignalRequest(kind));

    /// <summary>The first of a need's alternatives that was given.</summary>
    /// <exception cref="InvalidOperationException">None was given.</exception>
    public SignalValue Require(SignalNeed need) => Find(need) ?? Require(need.Alternatives[0]);

    /// <summary>A signal if it was given, otherwise null: for methods with a documented substitute.</summary>
    public SignalValue? Find(SignalRequest request) => _signals.GetValueOrDefault(request);

    /// <summary>The first of a need's alternatives that was given, otherwise null.</summary>
    public SignalValue? Find(SignalNeed need) => need.Alternatives.Select(Find).FirstOrDefault(value => value is not null);

    /// <summary>A signal of the last layer, or of none, if it was given.</summary>
    public SignalValue? Find(Signal kind) => Find(new SignalRequest(kind));

    private static void RefuseNonFinite(ReadOnlySpan<float> values, string name, int rowLength)
    {
        // x - x is 0 for finite x and NaN otherwise, so one vectorised pass settles the usual case.
        const int Block = 4096;
        Span<float> difference = stackalloc float[Block];
        for (int start = 0; start < values.Length; start += Block)
        {
            ReadOnlySpan<float> block = values.Slice(start, Math.Min(Block, values.Length - start));
            Span<float> result = difference[..block.Length];
            TensorPrimitives.Subtract(block, block, result);
            if (TensorPrimitives.Sum(result) == 0f)
                continue;
            for (int i = 0; i < block.Length; i++)
                if (!float.IsFinite(block[i]))
                    throw new ArgumentException(
                        $"{name} holds {block[i]} in vector {(start + i) / rowLength}, entry {(start + i) % rowLength};"
                            + " every value must be finite.");
        }
    }
}
