using System.Numerics.Tensors;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests.Methods;

/// <summary>Rows that pass an encoder without weights: its blocks change nothing, and keys, values and queries are the states.</summary>
internal sealed class EncoderWalk
{
    private const int Width = 6;
    private readonly IEncoderRun _run;
    private float[] _states;
    private int[] _places;
    private float[] _sizes;

    private EncoderWalk(IEncoderReducer method, EncoderContext context, float[] states, int[] places, int[] lengths)
    {
        (Context, _run, _states, _places, Lengths) = (context, method.Begin(context), states, places, lengths);
        _sizes = [.. Enumerable.Repeat(1f, places.Length)];
    }

    public EncoderContext Context { get; }

    /// <summary>Rows of each sequence.</summary>
    public int[] Lengths { get; private set; }

    /// <summary>What the method answered, in order.</summary>
    public List<EncoderStep> Steps { get; } = [];

    /// <summary>Rows of each sequence behind each block.</summary>
    public List<int[]> LengthsBehind { get; } = [];

    public IReadOnlyList<int> Places => _places;

    public IReadOnlyList<float> Sizes => _sizes;

    public TokenMatrix States => new(_states, Width);

    /// <summary>Takes frames of random states through all blocks.</summary>
    /// <param name="method">The method.</param>
    /// <param name="grid">Frames and patches.</param>
    /// <param name="layers">Blocks.</param>
    /// <param name="classTokens">Class tokens of each frame.</param>
    /// <param name="missing">Patches that are not there, by place in the group.</param>
    public static EncoderWalk Run(IEncoderReducer method, TokenGrid grid, int layers, int classTokens = 0, params int[] missing)
    {
        int[][] frames = [.. Enumerable.Range(0, grid.Frames).Select(frame => (int[])
            [.. Enumerable.Repeat(-1, classTokens),
                .. Enumerable.Range(frame * grid.TokensPerFrame, grid.TokensPerFrame).Except(missing)])];
        int[] places = [.. frames.SelectMany(frame => frame)];
        var random = new Random(11);
        float[] states = [.. Enumerable.Range(0, places.Length * Width).Select(_ => 2 * random.NextSingle() - 1)];
        var context = new EncoderContext { Layers = layers, Heads = 2, Grid = grid, ClassTokens = classTokens };
        var walk = new EncoderWalk(method, context, states, places, Array.ConvertAll(frames, frame => frame.Length));
        for (int layer = 0; layer < layers; layer++)
        {
            foreach (EncoderMoment moment in Enum.GetValues<EncoderMoment>())
                walk.Stop(new EncoderPoint(layer, moment));
            walk.LengthsBehind.Add(walk.Lengths);
        }
        return walk;
    }

    private void Stop(EncoderPoint point)
    {
        if (_run.NeedsAt(point) is not { } needs || _run.Decide(View(point, needs)) is not { } step)
            return;
        Steps.Add(step);
        _states = step.Plan.Apply(States);
        _places = [.. step.Plan.Places.Select(row => _places[row])];
        _sizes = [.. step.Plan.Sizes];
        Lengths = [.. step.SequenceLengths];
    }

    private EncoderView View(EncoderPoint point, EncoderNeeds needs) => new()
    {
        Context = Context,
        Point = point,
        Hidden = States,
        Places = _places,
        Sizes = _sizes,
        SequenceLengths = Lengths,
        Keys = needs.Keys ? States : null,
        Values = needs.Values ? States : null,
        Attention = needs.Attention is null ? null : [.. Lengths.Select((length, i) => Attention(Lengths.Take(i).Sum(), length))],
    };

    private AttentionView Attention(int start, int length)
    {
        float[] weights = new float[Context.Heads * length * length];
        int width = Width / Context.Heads;
        for (int row = 0; row < Context.Heads * length; row++)
        {
            Span<float> target = weights.AsSpan(row * length, length);
            for (int key = 0; key < length; key++)
                target[key] = TensorPrimitives.Dot(Part(row % length, row / length), Part(key, row / length));
            TensorPrimitives.SoftMax(target, target);
        }
        return AttentionView.Of(weights, Context.Heads, length);

        ReadOnlySpan<float> Part(int row, int head) => _states.AsSpan((start + row) * Width + head * width, width);
    }
}
