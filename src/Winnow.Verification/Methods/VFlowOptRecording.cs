using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="VFlowOpt"/>: the video's selection, a tiled picture's recycling, the
/// importance, and the cuts inside the language model.
/// </summary>
internal sealed class VFlowOptRecording : MethodRecording
{
    // The official thumbnail is a square of so many places.
    private const int ThumbnailSide = 27, Thumbnail = ThumbnailSide * ThumbnailSide;

    private const double Tolerance = 1e-6;

    /// <inheritdoc/>
    public override string Method => VFlowOpt.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => Part(recording) is "video" or "image" or "importance" or "llm";

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        switch (Part(recording))
        {
            case "video":
                CompareVideo(recording, comparison);
                break;
            case "image":
                CompareImage(recording, comparison);
                break;
            case "llm":
                CompareInside(recording, comparison);
                break;
            default:
                CompareImportance(recording, comparison);
                break;
        }
    }

    private static void CompareInside(Recording recording, Comparison comparison)
    {
        (int start, int count, int texts) = (recording.Int("start"), recording.Int("tokens"),
            recording.Shape("out_position_ids_stage1")[0] - recording.Shape("out_kept_indices_stage1")[0]);
        double[] shares = recording.NumbersBetweenCommas("ratios");
        int[] layers = [.. Enumerable.Range(1, shares.Length)];
        int[] all = [.. Enumerable.Range(0, count)];
        PrefillContext context = RecordedPrefill.Context(RecordedPrefill.NoStates(count + texts), start, count, 1) with
        {
            Plan = ReductionPlan.Keep(all, count, new PlanTrace { { "importance", recording.Doubles("importance") } }),
            PlanTokens = all,
        };
        var prefill = new RecordedPrefill(context);
        IPrefillRun run = new VFlowOpt(new VFlowOpt.Options { InnerLayers = layers, InnerShares = shares }).Begin(context);
        foreach (int stage in layers)
        {
            prefill.Stop(run, new PrefillPoint(stage));
            comparison.Equal($"out_kept_indices_stage{stage}", recording.Integers($"out_kept_indices_stage{stage}"), prefill.VisualPlaces);
            comparison.Equal($"out_position_ids_stage{stage}", recording.Integers($"out_position_ids_stage{stage}"), prefill.Positions);
        }
    }

    private static void CompareVideo(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("pooled_importance");
        (int frames, int perFrame) = (shape[0], shape[1]);
        // The last of the recorded tokens is the newline.
        TokenMatrix features = recording.Vectors("pooled_features").Slice(0, frames * perFrame);
        var method = new VFlowOpt(new VFlowOpt.Options { Retention = recording.Double("retention"), Reproduce = true });
        ReductionPlan plan = method.Reduce(
            new ReductionInput(features, recording.Grid(frames, perFrame), new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.ReceivedAttention)] = recording.Signal("pooled_importance"),
            }));
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), plan.Places.Append(frames * perFrame));
        double[] importance = plan.Trace.Find<double>("importance")!;
        comparison.Close("out_kept_importance", recording.Doubles("out_kept_importance"),
            [.. plan.Places.Select(place => importance[place]), 1], Tolerance);
    }

    private static void CompareImage(Recording recording, Comparison comparison)
    {
        double[] importance = recording.Doubles("importance");
        double cell = recording.Double("cell");
        // A newline ends every row of the crops.
        int stride = recording.Int("crop_w") + 1;
        ReductionPlan plan = VFlowOpt.Recycle(importance, recording.Double("retention"), cell, token => token < Thumbnail
            ? (0, VFlowOpt.CellOf(token / ThumbnailSide, cell), VFlowOpt.CellOf(token % ThumbnailSide, cell))
            : (1, VFlowOpt.CellOf((token - Thumbnail) / stride, cell), VFlowOpt.CellOf((token - Thumbnail) % stride, cell)));
        comparison.Equal("out_kept_indices", recording.Integers("out_kept_indices"), plan.Places);
        comparison.Equal("out_reduce, out_merged_budget, out_group_count",
            [.. recording.Integers("out_reduce"), .. recording.Integers("out_merged_budget"), .. recording.Integers("out_group_count")],
            plan.Trace.Find<int>("cut")!);
        comparison.Applied(recording, "out_kept_features", plan, recording.Vectors("features"));
        comparison.Close("out_kept_importance", recording.Doubles("out_kept_importance"),
            [.. plan.Places.Select(place => importance[place])], Tolerance);
    }

    /// <summary>The part of the importance that attention gives; the recorded entropy, weighted as recorded, is added to it.</summary>
    private static void CompareImportance(Recording recording, Comparison comparison)
    {
        IReadOnlyList<int> shape = recording.Shape("attention");
        (int frames, int heads, int perFrame) = (shape[0], shape[1], shape[2]);
        float[] attention = recording.Floats("attention"), map = new float[frames * perFrame * perFrame];
        for (int i = 0; i < attention.Length; i++)
            map[i / (heads * perFrame * perFrame) * perFrame * perFrame + i % (perFrame * perFrame)] += attention[i] / heads;
        var method = new VFlowOpt(new VFlowOpt.Options { GlobalFactor = recording.Double("t") });
        ReductionPlan plan = method.Reduce(new ReductionInput(
            new TokenMatrix(new float[frames * perFrame], 1), recording.Grid(frames, perFrame),
            new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.AttentionMap)] = new(map, frames, perFrame, perFrame),
            }));
        double[] importance = plan.Trace.Find<double>("importance")!, entropy = recording.Doubles("entropy");
        for (int first = 0; first < entropy.Length; first += perFrame)
        {
            double sum = 0;
            for (int i = first; i < first + perFrame; i++)
                sum += Math.Exp(entropy[i]);
            for (int i = first; i < first + perFrame; i++)
                importance[i] += recording.Double("alpha") * Math.Exp(entropy[i]) / sum;
        }
        comparison.Close("out_importance (with the recorded entropy)", recording.Doubles("out_importance"), importance, Tolerance);
    }
}
