using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="ZeroTPrune"/>'s early code: votes of one block, and whole blocks.</summary>
internal sealed class ZeroTPruneRecording : MethodRecording
{
    private const double Tolerance = 2e-5, BlockTolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => ZeroTPrune.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => true;

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("logits"))
            CompareVotes(recording, comparison);
        else
            CompareBlocks(recording, comparison);
    }

    private static void CompareVotes(Recording recording, Comparison comparison)
    {
        (int heads, int count) = (recording.Shape("logits")[0], recording.Shape("logits")[1]);
        var method = new ZeroTPrune(Options(recording, [recording.Double("retain_rate")]));
        var run = new RecordedRun(method, RecordedRun.Context(1, heads, recording.Grid(1, count - 1), 1), new float[count], 1);
        AttentionView attention = AttentionView.Of(Softmax(recording.Doubles("logits"), count, recording.Double("tau")), heads, count);
        run.Stop(new EncoderPoint(0, EncoderMoment.AfterBlock), attention: [attention]);
        if (run.Plan is { } plan)
        {
            comparison.RelativelyClose("importance", recording.Floats("importance"), Importance(plan), Tolerance);
            IEnumerable<int> ranked = plan.Trace.Find<int>("ranked")!.Select(place => place + 1);
            comparison.Equal("kept_by_score", recording.Integers("kept_by_score"), ranked);
        }
        comparison.Equal("kept", recording.Integers("kept"), run.Origins.Skip(1));
    }

    private static void CompareBlocks(Recording recording, Comparison comparison)
    {
        (int heads, int width, int count) = (recording.Int("heads"), recording.Int("dim"), recording.Shape("x")[0]);
        double[] rates = recording.NumbersBetweenCommas("retain_rates");
        double scale = 1 / (Math.Sqrt(width / heads) * recording.Double("tau"));
        EncoderContext context = RecordedRun.Context(rates.Length, heads, recording.Grid(1, count - 1), 1);
        var run = new RecordedRun(new ZeroTPrune(Options(recording, rates)), context, recording.Floats("x"), width);
        for (int layer = 0; layer < rates.Length; layer++)
        {
            var block = new TimmBlock(recording, $"w.block{layer}.", heads, recording.Double("norm_eps"));
            string name = $"block{layer}_";
            run.Add(block.Attend(run.X, run.KeyBias));
            run.Add(block.Mlp(run.X));
            float[] attention = RecordedMath.Attention(block.Queries, block.Keys, width, heads, scale: scale);
            var point = new EncoderPoint(layer, EncoderMoment.AfterBlock);
            bool acted = run.Stop(point, attention: [AttentionView.Of(attention, heads, run.Lengths[0])]);
            string otherwise = acted ? "tokens left where the recording has none" : "no token left";
            comparison.Holding($"block {layer}", acted == recording.Has(name + "kept"), otherwise);
            if (acted && recording.Has(name + "kept"))
            {
                float[] importance = Importance(run.Plan!);
                comparison.RelativelyClose(name + "importance", recording.Floats(name + "importance"), importance, BlockTolerance);
                comparison.Equal(name + "kept", recording.Integers(name + "kept"), run.Plan!.Places.Skip(1));
            }
            comparison.Equal(name + "place", recording.Integers(name + "place"), run.Origins);
            comparison.RelativelyClose(name + "x", recording.Floats(name + "x"), run.X, BlockTolerance);
        }
    }

    private static float[] Importance(ReductionPlan plan) =>
        Array.ConvertAll(plan.Trace.Find<double>("importance")!, value => (float)value);

    /// <summary>The early code: votes alone, by all heads.</summary>
    private static ZeroTPrune.Options Options(Recording recording, double[] rates) => new()
    {
        Blocks = [.. Enumerable.Range(0, rates.Length)],
        RetainRates = rates,
        Importance = recording.Text("variant") switch
        {
            "per_head_rms" => ZeroTPrune.Vote.PageRank,
            "one_vote_rms" => ZeroTPrune.Vote.OneVote,
            "mean_logits" => ZeroTPrune.Vote.MeanLogits,
            string other => throw new WinnowException(
                $"The recording's variant is {other}; per_head_rms, one_vote_rms and mean_logits are known."),
        },
        Temperature = recording.Double("tau"),
        Votes = [recording.Int("iterations")],
        Damping = recording.Double("damping"),
        SimilarPerBlock = 0,
        FilterHeads = false,
    };

    private static float[] Softmax(double[] logits, int length, double temperature) => [.. logits.Chunk(length).SelectMany(row =>
    {
        double largest = row.Max();
        double[] powers = Array.ConvertAll(row, logit => Math.Exp((logit - largest) / temperature));
        double sum = powers.Sum();
        return powers.Select(power => (float)(power / sum));
    })];
}
