using System.Globalization;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="ViLamp"/>: whole sequences with stand-ins for the trained maps, and tables of key frames before and after
/// filling.
/// </summary>
internal sealed class ViLampRecording : MethodRecording
{
    // Cosines differ in the seventh digit, and the temperature of 0.01 enlarges that in the softmax.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => ViLamp.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("sequence") || Tables(recording).Any();

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        foreach (string table in Tables(recording))
            CompareFilling(recording, table, comparison);
        if (recording.Has("sequence"))
            CompareSequence(recording, comparison);
    }

    private static IEnumerable<string> Tables(Recording recording) =>
        recording.Arrays.Where(name => name.StartsWith("in", StringComparison.Ordinal) && name.Contains("_max", StringComparison.Ordinal));

    private static void CompareFilling(Recording recording, string table, Comparison comparison)
    {
        int wanted = int.Parse(table[(table.IndexOf("_max", StringComparison.Ordinal) + 4)..], CultureInfo.InvariantCulture);
        bool[] filled = ViLamp.FillGaps(Array.ConvertAll(recording.Integers(table), mark => mark != 0), wanted);
        string result = "out" + table[2..];
        comparison.Equal(result, recording.Integers(result), filled.Select(mark => mark ? 1 : 0));
    }

    private static void CompareSequence(Recording recording, Comparison comparison)
    {
        var options = new ViLamp.Options
        {
            MaxKeyframes = recording.Int("max_keyframes"),
            FrameSimilarityThreshold = recording.Double("frame_similarity_threshold"),
            TextSimilarityThreshold = recording.Double("text_similarity_threshold"),
            Temperature = recording.Double("temperature"),
            PoolKeyFrames = true,
            Reproduce = true,
        };
        var maps = new ViLampMaps(Map(recording, "iq"), Map(recording, "ik"), Map(recording, "q"), Map(recording, "k"));
        ReductionInput input = recording.Input("patch_features",
            (new SignalRequest(Signal.FrameEmbeddings), recording.Signal("frame_embeddings")),
            (new SignalRequest(Signal.TextEmbeddings), recording.Signal("text_embedding")));
        ReductionPlan plan = new ViLamp(options, maps).Reduce(input);

        int[] keyFrames = plan.Trace.Find<int>("key_frames")!;
        comparison.Close("frame_text_similarity", recording.Doubles("frame_text_similarity"),
            plan.Trace.Find<double>("similarity"), Tolerance);
        comparison.Equal("greedy_keyframes", recording.Integers("greedy_keyframes"), plan.Trace.Find<int>("greedy_key_frames")!);
        comparison.Equal("keyframes", recording.Integers("keyframes"), keyFrames);
        comparison.Close("pooled_tokens", recording.Floats("pooled_tokens"),
            Pooled(input, plan.Trace.Find<double>("patch_weights")!), Tolerance);
        float[] rows = plan.Apply(input.Features);
        var reduced = new TokenMatrix(rows, input.Features.Dimension);
        int[] ofKeyFrames = [.. Enumerable.Range(0, plan.Count).Where(row => keyFrames.Contains(input.Grid.FrameOf(plan.Places[row])))];
        comparison.Close("keyframe_tokens", recording.Floats("keyframe_tokens"),
            ofKeyFrames.SelectMany(row => reduced[row].ToArray()).ToArray(), Tolerance);
        comparison.Close("sequence", recording.Floats("sequence"), [.. rows, .. recording.Floats("newline")], Tolerance);
    }

    private static ViLampMaps.Map Map(Recording recording, string name) =>
        new(recording.Vectors(name + "_weight"), recording.Floats(name + "_bias"));

    // The recording has the one token of key frames too, which the plan does not emit.
    private static float[] Pooled(ReductionInput input, double[] weights)
    {
        int width = input.Features.Dimension;
        double[] pooled = new double[input.Grid.Frames * width];
        for (int patch = 0; patch < weights.Length; patch++)
            for (int d = 0; d < width; d++)
                pooled[input.Grid.FrameOf(patch) * width + d] += weights[patch] * input.Features[patch][d];
        return Array.ConvertAll(pooled, value => (float)value);
    }
}
