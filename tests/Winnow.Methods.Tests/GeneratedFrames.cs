using System.Numerics.Tensors;
using FsCheck;
using FsCheck.Fluent;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>
/// A made-up group of frames passing through a stand-in for the vision encoder: its blocks mix the rows of a sequence a little, keys,
/// values and attention are made of the rows' own states, and a method's answers take effect as in the engine.
/// </summary>
internal sealed record GeneratedFrames
{
    private const int HeadWidth = 3;

    /// <summary>Frames, rows and columns of patches of the whole video.</summary>
    public required TokenGrid Grid { get; init; }

    /// <summary>Blocks of the stand-in.</summary>
    public required int Layers { get; init; }

    /// <summary>Its heads.</summary>
    public required int Heads { get; init; }

    /// <summary>What the frames look like.</summary>
    public required VideoKind Kind { get; init; }

    /// <summary>Rows at the head of each frame that are no patches.</summary>
    public int ClassTokens { get; init; }

    /// <summary>Whether patches, and now and then whole frames, are missing, as behind a method before the encoder.</summary>
    public bool HasGaps { get; init; }

    /// <summary>Whether a state is not a number.</summary>
    public bool IsBroken { get; init; }

    /// <summary>Draws everything else.</summary>
    public required int Seed { get; init; }

    private int Width => Heads * HeadWidth;

    public static Arbitrary<(GeneratedFrames Frames, double Retention)> WithRetention() => Arb.From(
        from frames in Gen.Frequency((1, Gen.Constant(1)), (4, Gen.Choose(1, 7)))
        from side in Gen.Frequency((1, Gen.Constant((Rows: 1, Columns: 1))), (8, Gen.Choose(1, 5).Zip(Gen.Choose(1, 6))))
        from layers in Gen.Elements(4, 5, 8, 12)
        from heads in Gen.Choose(1, 3)
        from kind in Gen.Frequency(
            (5, Gen.Constant(VideoKind.Scenes)), (3, Gen.Constant(VideoKind.Noise)), (1, Gen.Constant(VideoKind.Identical)),
            (1, Gen.Constant(VideoKind.Zeros)), (2, Gen.Constant(VideoKind.Duplicates)))
        from classTokens in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Constant(1)))
        from gaps in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from share in Gen.Choose(1, 99)
        from seed in Gen.Choose(0, 1_000_000)
        select (new GeneratedFrames
        {
            Grid = new TokenGrid(frames, side.Item1, side.Item2),
            Layers = layers,
            Heads = heads,
            Kind = kind,
            ClassTokens = classTokens,
            HasGaps = gaps,
            Seed = seed,
        }, share / 100.0));

    /// <summary>Runs a method over all groups of frames.</summary>
    /// <returns>Every answer with what it answered, and how many patches were left behind the last block.</returns>
    public Outcome Run(IEncoderReducer method)
    {
        Assert.InRange(method.GroupFrames, 1, int.MaxValue);
        var stops = new List<Stop>();
        var states = new List<float[]>();
        int left = 0;
        for (int first = 0; first < Grid.Frames; first += Math.Min(method.GroupFrames, Grid.Frames))
        {
            int frames = Math.Min(method.GroupFrames, Grid.Frames - first);
            var context =
                new EncoderContext { Layers = Layers, Heads = Heads, Grid = Grid with { Frames = frames }, ClassTokens = ClassTokens };
            Rows rows = Start(first, frames);
            IEncoderRun run = method.Begin(context);
            for (int layer = 0; layer < Layers; layer++)
                RunBlock(layer, run, context, rows, stops);
            left += rows.Places.Count(place => place >= 0);
            states.Add(rows.Hidden);
        }
        return new Outcome(stops, left, [.. states.SelectMany(hidden => hidden)]);
    }

    private Rows Start(int firstFrame, int frames)
    {
        float[] look = Look();
        var random = new Random(Seed + firstFrame);
        var rows = new Rows();
        var hidden = new List<float>();
        for (int frame = 0; frame < frames; frame++)
        {
            bool isGone = HasGaps && firstFrame + frame > 0 && random.Next(4) == 0;
            int[] places = [.. Enumerable.Range(0, Grid.TokensPerFrame)
                .Where(_ => !isGone && (!HasGaps || firstFrame + frame == 0 || random.Next(3) > 0))];
            for (int i = 0; i < ClassTokens * Width; i++)
                hidden.Add(random.NextSingle());
            rows.Places.AddRange(Enumerable.Repeat(-1, ClassTokens));
            foreach (int place in places)
            {
                rows.Places.Add(frame * Grid.TokensPerFrame + place);
                hidden.AddRange(look.AsSpan(((firstFrame + frame) * Grid.TokensPerFrame + place) * Width, Width));
            }
            rows.Lengths.Add(ClassTokens + places.Length);
        }
        rows.Sizes = [.. Enumerable.Repeat(1f, rows.Places.Count)];
        rows.Hidden = [.. hidden];
        if (IsBroken && rows.Hidden.Length > 0)
            rows.Hidden[Seed % rows.Hidden.Length] = float.NaN;
        return rows;
    }

    // States of all patches of the video.
    private float[] Look()
    {
        var random = new Random(Seed);
        float[] scene = Noise(random, Grid.TokensPerFrame * Width), values = new float[Grid.Count * Width];
        for (int i = 0; i < values.Length; i++)
            values[i] = Kind switch
            {
                VideoKind.Zeros => 0,
                VideoKind.Identical => 0.5f + i % Width,
                VideoKind.Noise => 2 * random.NextSingle() - 1,
                VideoKind.Duplicates => scene[i % (Width * Math.Min(3, Grid.TokensPerFrame))],
                _ => scene[i % scene.Length] + 0.05f * random.NextSingle(),
            };
        return values;
    }

    private void RunBlock(int layer, IEncoderRun run, EncoderContext context, Rows rows, List<Stop> stops)
    {
        Ask(new EncoderPoint(layer, EncoderMoment.BeforeBlock), run, context, rows, null, stops);
        if (rows.Places.Count == 0)
            return;
        var block = new Block(Projected(rows.Hidden, 1), Projected(rows.Hidden, 2), Projected(rows.Hidden, 3),
            run.ProportionalAttention ? [.. rows.Sizes] : null);
        Mix(rows, block.Values);
        bool changed = Ask(new EncoderPoint(layer, EncoderMoment.AfterAttention), run, context, rows, block, stops);
        for (int i = 0; i < rows.Hidden.Length; i++)
            rows.Hidden[i] += 0.1f * MathF.Sin(rows.Hidden[i] + layer + i % Width);
        Ask(new EncoderPoint(layer, EncoderMoment.AfterBlock), run, context, rows, changed ? null : block, stops);
    }

    // Every row takes a little of its sequence's mean.
    private void Mix(Rows rows, float[] values)
    {
        int start = 0;
        foreach (int length in rows.Lengths)
        {
            float[] mean = new float[Width];
            for (int row = start; row < start + length; row++)
                TensorPrimitives.Add(mean, values.AsSpan(row * Width, Width), mean);
            for (int row = start; row < start + length; row++)
                TensorPrimitives.MultiplyAdd(mean, 0.3f / length, rows.Hidden.AsSpan(row * Width, Width),
                    rows.Hidden.AsSpan(row * Width, Width));
            start += length;
        }
    }

    private float[] Projected(float[] hidden, int shift)
    {
        float[] projected = new float[hidden.Length];
        for (int i = 0; i < hidden.Length; i++)
            projected[i] = hidden[i / Width * Width + (i + shift) % Width] - 0.5f * hidden[i];
        return projected;
    }

    private bool Ask(EncoderPoint point, IEncoderRun run, EncoderContext context, Rows rows, Block? block, List<Stop> stops)
    {
        if (rows.Places.Count == 0 || run.NeedsAt(point) is not { } needs)
            return false;
        Assert.True(block is not null || (!needs.Keys && !needs.Values && needs.Attention is null),
            $"at {point} there is nothing of the block to see");
        var view = new EncoderView
        {
            Context = context,
            Point = point,
            Hidden = new TokenMatrix(rows.Hidden, Width),
            Places = [.. rows.Places],
            Sizes = [.. rows.Sizes],
            SequenceLengths = [.. rows.Lengths],
            Keys = needs.Keys ? new TokenMatrix(block!.Keys, Width) : null,
            Values = needs.Values ? new TokenMatrix(block!.Values, Width) : null,
            Attention = needs.Attention is { } wanted ? Attention(wanted, block!, rows.Lengths) : null,
        };
        if (run.Decide(view) is not { } step)
            return false;
        stops.Add(new Stop(view, step));
        Assert.Equal(rows.Places.Count, step.Plan.SourceCount);
        rows.Hidden = step.Plan.Apply(view.Hidden);
        rows.Places = [.. step.Plan.Places.Select(row => view.Places[row])];
        rows.Sizes = [.. step.Plan.Sizes];
        rows.Lengths = [.. step.SequenceLengths];
        return true;
    }

    private List<AttentionView> Attention(EncoderAttention wanted, Block block, List<int> lengths)
    {
        var views = new List<AttentionView>();
        int start = 0;
        foreach (int length in lengths)
        {
            // An empty sequence has no attention to look at; as in the engine, its view is there and empty.
            views.Add(new SequenceOf(this, wanted, block, start, length));
            start += length;
        }
        return views;
    }

    private static float[] Noise(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];

    /// <summary>An answer and what it answered.</summary>
    public sealed record Stop(EncoderView View, EncoderStep Step);

    /// <summary>All answers in order, patches behind the last block, and the states there.</summary>
    public sealed record Outcome(IReadOnlyList<Stop> Stops, int Left, float[] Hidden);

    private sealed record Block(float[] Queries, float[] Keys, float[] Values, float[]? Sizes);

    private sealed class Rows
    {
        public float[] Hidden { get; set; } = [];

        public List<int> Places { get; set; } = [];

        public float[] Sizes { get; set; } = [];

        public List<int> Lengths { get; set; } = [];
    }

    private sealed class SequenceOf(GeneratedFrames frames, EncoderAttention wanted, Block block, int start, int length) : AttentionView
    {
        public override int Heads => frames.Heads;

        public override int Queries => length;

        public override int Keys => length;

        public override void Read(int query, Span<float> destination)
        {
            for (int head = 0; head < Heads; head++)
            {
                Span<float> row = destination.Slice(head * length, length);
                ReadOnlySpan<float> q = Part(block.Queries, query, head);
                for (int key = 0; key < length; key++)
                    row[key] = TensorPrimitives.Dot(q, Part(block.Keys, key, head)) / (MathF.Sqrt(HeadWidth) * (float)wanted.Temperature)
                        + (wanted.WithSizes && block.Sizes is { } sizes ? MathF.Log(sizes[start + key]) : 0);
                TensorPrimitives.SoftMax(row, row);
            }
        }

        private ReadOnlySpan<float> Part(float[] rows, int row, int head) =>
            rows.AsSpan((start + row) * frames.Width + head * HeadWidth, HeadWidth);
    }
}
