using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>
/// Recordings of <see cref="GPrune"/>: two views of a picture, each a graph; the second has a
/// row-end token after every row, which always stays.
/// </summary>
internal sealed class GPruneRecording : MethodRecording
{
    // The recorded matrix power rounds differently from repeated products; the page allows this, relative to the largest score.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => GPrune.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("kept");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        var method = new GPrune(new GPrune.Options
        {
            Retention = recording.Double("keep_ratio"),
            Threshold = recording.Double("similarity_threshold"),
            Temperature = recording.Double("temperature"),
            Iterations = recording.Int("iterations"),
            Reproduce = true,
        });
        TokenMatrix tokens = recording.Vectors("tokens");
        (int first, int rows, int columns) = (recording.Int("base_tokens"), recording.Int("second_rows"), recording.Int("second_cols"));
        int[] inner = [.. Enumerable.Range(0, rows * columns).Select(i => first + i / columns * (columns + 1) + i % columns)];
        // The base view's count is the ratio times all of its tokens at once: one row.
        ReductionPlan one = method.Reduce(new ReductionInput(tokens.Slice(0, first), new TokenGrid(1, 1, first)));
        ReductionPlan two = method.Reduce(new ReductionInput(
            new TokenMatrix(inner.SelectMany(i => tokens[i].ToArray()).ToArray(), tokens.Dimension), new TokenGrid(1, rows, columns)));

        IEnumerable<int> rowEnds = Enumerable.Range(0, rows).Select(row => first + row * (columns + 1) + columns);
        comparison.Equal("kept", recording.Integers("kept"),
            one.Places.Concat(two.Places.Select(place => inner[place])).Concat(rowEnds).Order());
        Compare(recording, comparison, "1", one);
        Compare(recording, comparison, "2", two);
    }

    private static void Compare(Recording recording, Comparison comparison, string view, ReductionPlan plan)
    {
        comparison.Equal($"degree{view}", recording.Integers($"degree{view}"), plan.Trace.Find<int>("degrees")!);
        comparison.RelativelyClose($"score{view}", recording.Floats($"score{view}"),
            Array.ConvertAll(plan.Trace.Find<double>("scores")!, score => (float)score), Tolerance);
    }
}
