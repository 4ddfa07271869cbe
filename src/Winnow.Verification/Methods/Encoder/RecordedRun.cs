using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Rows between the blocks of a recorded encoder: builds what a method sees, and puts its answers into effect.</summary>
internal sealed class RecordedRun
{
    private readonly IEncoderRun _run;
    private readonly EncoderContext _context;
    private int[] _places;

    /// <summary>Starts a group of sequences.</summary>
    /// <param name="method">The method.</param>
    /// <param name="context">What it may know.</param>
    /// <param name="x"><c>[sequences * length, width]</c>.</param>
    /// <param name="width">Length of a row.</param>
    /// <param name="sequences">Number of sequences, of equal lengths.</param>
    /// <param name="sizes">Sizes of the rows; null for 1.</param>
    public RecordedRun(IEncoderReducer method, EncoderContext context, float[] x, int width, int sequences = 1, float[]? sizes = null)
    {
        (_run, _context, X, Width) = (method.Begin(context), context, x, width);
        int length = x.Length / width / sequences;
        Lengths = [.. Enumerable.Repeat(length, sequences)];
        Sizes = sizes ?? [.. Enumerable.Repeat(1f, sequences * length)];
        int patch = 0;
        _places = [.. Enumerable.Range(0, sequences * length).Select(row => row % length < context.ClassTokens ? -1 : patch++)];
        Origins = [.. Enumerable.Range(0, sequences * length)];
    }

    /// <summary>States, <c>[rows, width]</c>.</summary>
    public float[] X { get; private set; }

    /// <summary>Length of a row.</summary>
    public int Width { get; }

    /// <summary>Sizes of the rows.</summary>
    public float[] Sizes { get; private set; }

    /// <summary>Rows of each sequence.</summary>
    public int[] Lengths { get; private set; }

    /// <summary>Each row's place among the rows at the start.</summary>
    public int[] Origins { get; private set; }

    /// <summary>What the method last answered.</summary>
    public ReductionPlan? Plan { get; private set; }

    /// <summary>Logarithms of the sizes where attention is proportional and they are not all 1.</summary>
    public double[] KeyBias =>
        _run.ProportionalAttention && Sizes.Any(size => size != 1) ? Array.ConvertAll(Sizes, size => Math.Log(size)) : [];

    /// <summary>A context for sequences that are frames.</summary>
    public static EncoderContext Context(int layers, int heads, TokenGrid grid, int classTokens = 0) =>
        new() { Layers = layers, Heads = heads, Grid = grid, ClassTokens = classTokens };

    /// <summary>Adds something to the states.</summary>
    public void Add(float[] residual) => X = RecordedMath.Add(X, residual);

    /// <summary>What the method wants to see at a point.</summary>
    public EncoderNeeds? NeedsAt(EncoderPoint point) => _run.NeedsAt(point);

    /// <summary>Lets the method act at a point.</summary>
    /// <param name="point">Where the encoder stands.</param>
    /// <param name="keys">Keys of the block; null for none.</param>
    /// <param name="values">Values of the block; null for none.</param>
    /// <param name="attention">Attention of each sequence in the form that the method asked for; null for none.</param>
    /// <returns>Whether it acted.</returns>
    public bool Stop(EncoderPoint point, TokenMatrix? keys = null, TokenMatrix? values = null,
        IReadOnlyList<AttentionView>? attention = null)
    {
        Plan = null;
        if (_run.NeedsAt(point) is null)
            return false;
        EncoderStep? step = _run.Decide(new EncoderView
        {
            Context = _context,
            Point = point,
            Hidden = new TokenMatrix(X, Width),
            Places = _places,
            Sizes = Sizes,
            SequenceLengths = Lengths,
            Keys = keys,
            Values = values,
            Attention = attention,
        });
        if (step is null)
            return false;
        Plan = step.Plan;
        X = RecordedMath.Applied(Plan, X, Width);
        _places = [.. Plan.Places.Select(row => _places[row])];
        Origins = [.. Plan.Places.Select(row => Origins[row])];
        Sizes = [.. Plan.Sizes];
        Lengths = [.. step.SequenceLengths];
        return true;
    }
}
