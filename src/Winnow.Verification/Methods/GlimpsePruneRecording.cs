using Winnow.Methods;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="GlimpsePrune"/>: the selection from given logits, and the plain
/// map; a predictor's logits are taken as recorded.
/// </summary>
internal sealed class GlimpsePruneRecording : MethodRecording
{
    private const double Tolerance = 1e-5;
    private static readonly string[] AllCorners = ["tl", "tr", "bl", "br"];

    /// <inheritdoc/>
    public override string Method => GlimpsePrune.Card.Id;

    /// <inheritdoc/>
    public override string Part(Recording recording) => recording.Text("variant");

    /// <inheritdoc/>
    public override bool Covers(Recording recording) =>
        recording.Has("logits") || recording.Has("out_logits") || recording.Has("attention");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int rows = recording.Int("rows"), columns = recording.Int("cols");
        var method = new GlimpsePrune(new GlimpsePrune.Options
        {
            Retention = recording.Knows("max_ratio") ? recording.Double("max_ratio") : 1,
            Threshold = recording.Knows("threshold") ? recording.Double("threshold") : 0.5,
            MinKeep = recording.Knows("min_keep") ? recording.Int("min_keep") : 1,
        });
        double[] logits = Logits(recording, comparison);
        int[] corners = [0, columns - 1, (rows - 1) * columns, rows * columns - 1];
        string[] anchors = recording.Text("anchors", "").Split(',');
        int[] always = [.. corners.Where((_, corner) => anchors.Contains(AllCorners[corner]))];
        int[] kept = method.Select(Array.ConvertAll(logits, GlimpsePrune.Sigmoid), always.Contains);
        comparison.Equal(
            recording.Has("out_logits") ? "out_kept_indices (from the recorded logits of the predictor)" : "out_kept_indices",
            recording.Integers("out_kept_indices"), kept);
        CompareSequence(recording, comparison, rows * columns, kept);
    }

    private static double[] Logits(Recording recording, Comparison comparison)
    {
        if (!recording.Has("attention"))
            return recording.Doubles(recording.Has("logits") ? "logits" : "out_logits");
        double[] map = GlimpsePrune.PlainMap(MeanMap(recording));
        comparison.Close("out_map", recording.Doubles("out_map"), map, Tolerance);
        return map;
    }

    // Recorded [token, head]: logits, whose mean goes through a softmax over the tokens, or logarithms of attention.
    private static double[] MeanMap(Recording recording)
    {
        double[] map =
            [.. recording.Doubles("attention").Chunk(recording.Shape("attention")[1]).Select(heads => Math.Exp(heads.Average()))];
        double sum = recording.Bool("use_logits") ? map.Sum() : 1;
        return Array.ConvertAll(map, value => value / sum);
    }

    // The recordings put a few rows of text before and after the picture without saying how many; the sources tell.
    private static void CompareSequence(Recording recording, Comparison comparison, int visual, int[] kept)
    {
        long[] sources = recording.Integers("out_sequence_source");
        int before = Enumerable.Range(0, sources.Length - kept.Length + 1)
            .First(first => sources[..first].SequenceEqual(Enumerable.Range(0, first).Select(row => (long)row))
                && kept.Select((token, i) => sources[first + i] - token).All(shift => shift == first)
                && (first + kept.Length == sources.Length || sources[first + kept.Length] == first + visual));
        int after = sources.Length - before - kept.Length;
        int[] expected =
            [.. Enumerable.Range(0, before), .. kept.Select(token => before + token), .. Enumerable.Range(before + visual, after)];
        comparison.Equal("out_sequence_source", sources, expected);
        comparison.Equal("out_position_ids", recording.Integers("out_position_ids"), expected);
    }
}
