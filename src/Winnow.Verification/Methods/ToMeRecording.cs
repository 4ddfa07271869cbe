using Winnow.Methods;
using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="ToMe"/>: single steps, whole blocks, and the stride variant.</summary>
internal sealed class ToMeRecording : MethodRecording
{
    private const double Tolerance = 2e-5, BlockTolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => ToMe.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Knows("k"))
            CompareStride(recording, comparison);
        else if (recording.Has("block0.norm1.weight"))
            CompareBlocks(recording, comparison);
        else
            CompareStep(recording, comparison);
    }

    private static void CompareStep(Recording recording, Comparison comparison)
    {
        TokenMatrix metric = recording.Vectors("metric");
        int special = (recording.Bool("class_token") ? 1 : 0) + (recording.Bool("distill_token") ? 1 : 0);
        var method = new ToMe(new ToMe.Options { PerLayer = recording.Int("r") });
        var run = new RecordedRun(method, RecordedRun.Context(1, 1, new TokenGrid(1, 1, metric.Count - special), special),
            recording.Floats("x"), recording.Shape("x")[1], 1, recording.Floats("size"));
        run.Stop(new EncoderPoint(0, EncoderMoment.AfterAttention), metric);
        ReductionPlan plan = run.Plan!;
        comparison.Equal("source_index", recording.Integers("source_index"), plan.Trace.Find<int>("sources")!);
        comparison.Equal("target_index", recording.Integers("target_index"), plan.Trace.Find<int>("targets")!);
        comparison.Equal("emitted_index", recording.Integers("emitted_index"), plan.Places);
        comparison.Equal("unmerged_even_index", recording.Integers("unmerged_even_index"), plan.Places.Where(place => place % 2 == 0));
        comparison.Equal("source_map", recording.Integers("source_map"), SourceMap(plan));
        comparison.RelativelyClose("merged", recording.Floats("merged"), run.X, Tolerance);
        comparison.RelativelyClose("size_out", recording.Floats("size_out"), run.Sizes, Tolerance);
        comparison.Close("similarity", recording.Doubles("similarity"), Cosines(metric).Values, Tolerance);
        comparison.RelativelyClose("unmerge_of_merged", recording.Floats("unmerge_of_merged"), Unmerged(plan, run.X, run.Width), Tolerance);
    }

    private static void CompareStride(Recording recording, Comparison comparison)
    {
        ReductionPlan plan = ToMe.MergeByStride(recording.Vectors("metric"), recording.Floats("size"), recording.Int("k"));
        comparison.Equal("source_index", recording.Integers("source_index"), plan.Trace.Find<int>("sources")!);
        comparison.Equal("target_index", recording.Integers("target_index"), plan.Trace.Find<int>("targets")!);
        comparison.Equal("emitted_index", recording.Integers("emitted_index"), plan.Places);
        comparison.Applied(recording, "merged", plan, recording.Vectors("x"));
        comparison.RelativelyClose("size_out", recording.Floats("size_out"), [.. plan.Sizes], Tolerance);
    }

    private static void CompareBlocks(Recording recording, Comparison comparison)
    {
        string[] line = recording.Text("r").Trim('(', ')').Split(',');
        var options = new ToMe.Options
        {
            PerLayer = int.Parse(line[0], System.Globalization.CultureInfo.InvariantCulture),
            Slope = line.Length > 1 ? double.Parse(line[1], System.Globalization.CultureInfo.InvariantCulture) : 0,
            Proportional = recording.Bool("prop"),
        };
        int special = recording.Bool("ct") ? 1 : 0, blocks = recording.Int("nl_"),
            heads = recording.Int("heads"), width = recording.Int("D");
        var grid = new TokenGrid(recording.Int("F"), recording.Int("rows"), recording.Int("cols"));
        comparison.Equal("r_schedule", Array.ConvertAll(recording.Ints("r_schedule"), r => (long)r),
            BlockSchedule.Line(blocks, options.PerLayer.Value, options.Slope));
        var run = new RecordedRun(new ToMe(options), RecordedRun.Context(blocks, heads, grid, special), recording.Floats("x"), width);
        ReductionPlan? whole = null;
        for (int layer = 0; layer < blocks; layer++)
        {
            var block = new TimmBlock(recording, $"block{layer}.", heads, 1e-6);
            float[] output = block.Attend(run.X, run.KeyBias);
            comparison.RelativelyClose($"attn_out{layer}", recording.Floats($"attn_out{layer}"), output, BlockTolerance);
            var keys = new TokenMatrix(block.Keys, width);
            comparison.RelativelyClose($"metric{layer}", recording.Floats($"metric{layer}"),
                HeadMeans.Of(keys, heads).Values.Span, BlockTolerance);
            run.Add(output);
            run.Stop(new EncoderPoint(layer, EncoderMoment.AfterAttention), keys);
            whole = whole is null || run.Plan is null ? whole ?? run.Plan : Chained(whole, run.Plan);
            run.Add(block.Mlp(run.X));
            comparison.RelativelyClose($"x{layer}", recording.Floats($"x{layer}"), run.X, BlockTolerance);
            comparison.RelativelyClose($"size{layer}", recording.Floats($"size{layer}"), run.Sizes, BlockTolerance);
        }
        if (whole is not null)
            comparison.Equal("source_map", recording.Integers("source_map"), SourceMap(whole));
    }

    /// <summary>Two plans one after the other, as far as it matters who is a part of whom.</summary>
    private static ReductionPlan Chained(ReductionPlan first, ReductionPlan second)
    {
        var chained = new ReductionPlanBuilder(first.SourceCount);
        for (int k = 0; k < second.Count; k++)
            chained.Mean(first.Places[second.Places[k]], [.. Members(second, k).SelectMany(member => Members(first, member))]);
        return chained.Build();
    }

    private static IEnumerable<int> Members(ReductionPlan plan, int token) =>
        Enumerable.Range(plan.Offsets[token], plan.Offsets[token + 1] - plan.Offsets[token]).Select(entry => plan.Sources[entry]);

    /// <summary><c>[tokens, sources]</c>: 1 where a source is part of a token.</summary>
    private static long[] SourceMap(ReductionPlan plan)
    {
        long[] map = new long[plan.Count * plan.SourceCount];
        for (int k = 0; k < plan.Count; k++)
            foreach (int member in Members(plan, k))
                map[k * plan.SourceCount + member] = 1;
        return map;
    }

    /// <summary>Every source place with the token that it went into.</summary>
    private static float[] Unmerged(ReductionPlan plan, float[] tokens, int width)
    {
        float[] places = new float[plan.SourceCount * width];
        for (int k = 0; k < plan.Count; k++)
            foreach (int member in Members(plan, k))
                tokens.AsSpan(k * width, width).CopyTo(places.AsSpan(member * width));
        return places;
    }

    private static RealMatrix Cosines(TokenMatrix metric) => Similarity.Cosines(
        metric.Gather([.. Enumerable.Range(0, metric.Count).Where(i => i % 2 == 0)]),
        metric.Gather([.. Enumerable.Range(0, metric.Count).Where(i => i % 2 == 1)]));
}
