using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>
/// A made-up prompt passing through a stand-in for a language model: its layers nudge the rows, attention is that of the rows' own parts,
/// and a method's answers take effect as in the engine.
/// </summary>
internal sealed class GeneratedPrompt
{
    public const int Layers = 8;
    public const int Heads = 2;
    private const int Width = 8;
    private readonly PrefillContext _context;
    private readonly int _seed;

    public GeneratedPrompt(TokenGrid grid, int before, int after, bool newline, int seed)
    {
        _seed = seed;
        var random = new Random(seed);
        int visual = grid.Count + (newline ? 1 : 0);
        _context = new PrefillContext
        {
            Layers = Layers,
            Heads = Heads,
            KeyValueHeads = Heads,
            HeadWidth = Width / Heads,
            RopeBase = 10000,
            VisualStart = before,
            VisualCount = visual,
            Grid = grid,
            Places = [.. Enumerable.Range(0, grid.Count), .. newline ? [-1] : Array.Empty<int>()],
            Embeddings = new TokenMatrix(Noise(random, (before + visual + after) * Width), Width),
            FinalNorm = Enumerable.Repeat(1f, Width).ToArray(),
            NormEpsilon = 1e-6,
        };
    }

    /// <summary>The prompt as a method sees it beforehand.</summary>
    public PrefillContext Context => _context;

    /// <summary>Runs the method over the layers and checks what every answer must keep to.</summary>
    public Outcome Run(IPrefillReducer method)
    {
        IPrefillRun run = method.Begin(_context);
        Sequence now = Start();
        var steps = new List<PrefillStep>();
        for (int layer = 0; layer <= Layers; layer++)
        {
            var point = new PrefillPoint(layer);
            if (Ask(run, point, now) is { } step)
            {
                steps.Add(step);
                now = Apply(step, step.StartsAnew ? Start() : now);
                layer = step.StartsAnew ? 0 : layer;
            }
            if (layer == Layers)
                break;
            now = Nudge(now, layer);
            if (Ask(run, point with { Layer = layer, Moment = PrefillMoment.AfterAttention }, now) is { } inside)
            {
                steps.Add(inside);
                now = Apply(inside, now);
            }
        }
        return new Outcome(steps, now.Origins, now.Positions, now.VisualCount, now.Hidden);
    }

    /// <summary>The cached rows of a layer that has lost none, as the last row sees them.</summary>
    public CacheView Cache(int layer, int step) => new()
    {
        Context = _context,
        Layer = layer,
        Attention = View(Nudge(Start(), layer * 100 + step), new AttentionRequest(AttentionQueries.Last)),
        VisualOrigins = [.. Enumerable.Range(_context.VisualStart, _context.VisualCount)],
    };

    private Sequence Start() => new(_context.Embeddings.Values.ToArray(), [.. Enumerable.Range(0, _context.Embeddings.Count)],
        [.. Enumerable.Range(0, _context.Embeddings.Count)], _context.VisualCount, []);

    private PrefillStep? Ask(IPrefillRun run, PrefillPoint point, Sequence now)
    {
        if (run.NeedsAt(point) is not { } needs)
            return null;
        int count = now.Origins.Length;
        float[] ratios = Noise(new Random(_seed + point.Layer), count), cosines = Noise(new Random(_seed - point.Layer), count);
        return run.Decide(new PrefillView
        {
            Context = _context,
            Point = point,
            Hidden = new TokenMatrix(now.Hidden, Width),
            Origins = now.Origins,
            Positions = now.Positions,
            VisualStart = _context.VisualStart,
            VisualCount = now.VisualCount,
            Attention = needs.Attention is { } request ? View(now, request) : null,
            Keys = needs.Keys ? new TokenMatrix(now.Hidden, Width) : null,
            Values = needs.Values ? new TokenMatrix(now.Hidden, Width) : null,
            Transitions = needs.Transitions ? new BlockTransitions(ratios, cosines, ratios, cosines) : null,
        });
    }

    private AttentionView View(Sequence now, AttentionRequest request)
    {
        int count = now.Origins.Length, end = _context.VisualStart + now.VisualCount, width = Width / Heads;
        int first = request.Queries switch
        {
            AttentionQueries.Last => count - 1,
            AttentionQueries.TextAfterVideo => Math.Min(end, count - 1),
            _ => 0
        };
        float[] rows = new float[Heads * (count - first) * count];
        for (int head = 0; head < Heads; head++)
            for (int query = first; query < count; query++)
            {
                Span<float> row = rows.AsSpan((head * (count - first) + query - first) * count, request.Causal ? query + 1 : count);
                for (int key = 0; key < row.Length; key++)
                    row[key] = System.Numerics.Tensors.TensorPrimitives.Dot<float>(now.Part(query, head, width), now.Part(key, head, width))
                        / (float)(2 * request.Temperature);
                System.Numerics.Tensors.TensorPrimitives.SoftMax(row, row);
            }
        return AttentionView.Of(rows, Heads, count - first);
    }

    private Sequence Nudge(Sequence now, int layer)
    {
        float[] hidden = (float[])now.Hidden.Clone();
        for (int row = 0; row < now.Origins.Length; row++)
        {
            float[] noise = Noise(new Random(_seed * 31 + layer * 1009 + now.Origins[row]), Width);
            for (int i = 0; i < Width; i++)
                hidden[row * Width + i] += 0.3f * noise[i];
        }
        return now with { Hidden = hidden };
    }

    private Sequence Apply(PrefillStep step, Sequence now)
    {
        ReductionPlan plan = step.Plan;
        int count = now.Origins.Length, text = count - now.VisualCount;
        Assert.Equal(count, plan.SourceCount);
        Assert.True(plan.Count >= text && plan.Count <= count, $"{plan.Count} rows are left of {count}");
        int visual = plan.Count - text;
        int[] textRows =
            [.. Enumerable.Range(0, _context.VisualStart), .. Enumerable.Range(_context.VisualStart + visual, text - _context.VisualStart)];
        int[] expected = [.. Enumerable.Range(0, _context.VisualStart),
            .. Enumerable.Range(_context.VisualStart + now.VisualCount, text - _context.VisualStart)];
        Assert.Equal(expected, textRows.Select(row => plan.Places[row]));
        Assert.All(textRows, row => Assert.Equal((1, 1f), (plan.Offsets[row + 1] - plan.Offsets[row], plan.Weights[plan.Offsets[row]])));
        Assert.All(plan.Places.Skip(_context.VisualStart).Take(visual),
            row => Assert.InRange(row, _context.VisualStart, _context.VisualStart + now.VisualCount - 1));
        Assert.Equal(plan.Count, plan.Places.Distinct().Count());
        foreach (int row in Enumerable.Range(_context.VisualStart, visual))
            Assert.All(plan.Sources.Skip(plan.Offsets[row]).Take(plan.Offsets[row + 1] - plan.Offsets[row]),
                source => Assert.InRange(source, _context.VisualStart, _context.VisualStart + now.VisualCount - 1));
        (int Origin, int Position, float[] State)[] rows = [.. plan.Apply(new TokenMatrix(now.Hidden, Width))
            .Chunk(Width).Select((state, i) => (now.Origins[plan.Places[i]], now.Positions[plan.Places[i]], state))];
        (int, int, float[])[] parked = [.. now.Parked,
            .. step.Parked.Select(row => (now.Origins[row], now.Positions[row], now.Hidden[(row * Width)..((row + 1) * Width)]))];
        if (step.ReturnsParked)
            (rows, parked) = ([.. rows.Concat(parked).OrderBy(row => row.Item1)], []);
        int[] positions = step.Positions == PositionRule.Compact
            ? [.. Enumerable.Range(0, rows.Length)]
            : [.. rows.Select(row => row.Position)];
        return new Sequence([.. rows.SelectMany(row => row.State)],
            [.. rows.Select(row => row.Origin)], positions, rows.Length - text, parked);
    }

    private static float[] Noise(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];

    /// <summary>What is left at the end, and the answers on the way.</summary>
    public sealed record Outcome(IReadOnlyList<PrefillStep> Steps, int[] Origins, int[] Positions, int VisualCount, float[] Hidden);

    private sealed record Sequence(float[] Hidden, int[] Origins, int[] Positions, int VisualCount,
        (int Origin, int Position, float[] State)[] Parked)
    {
        public ReadOnlySpan<float> Part(int row, int head, int width) => Hidden.AsSpan(row * Width + head * width, width);
    }
}
