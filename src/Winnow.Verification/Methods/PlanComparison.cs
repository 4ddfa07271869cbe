using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Compares what a plan makes of the tokens with what was recorded.</summary>
internal static class PlanComparison
{
    // The recordings add in float32 in another order; a few hundred terms agree to this share of the largest value.
    private const double Tolerance = 1e-5;

    /// <summary>Compares the reduced tokens with a recorded array, in the plan's order.</summary>
    public static void Applied(this Comparison comparison, Recording recording, string array, ReductionPlan plan, TokenMatrix features) =>
        comparison.RelativelyClose(array, recording.Floats(array), Apply(plan, features), Tolerance);

    /// <summary>Compares lists row by row as sets: for neighbours whose ties the recording library orders at will.</summary>
    public static void SameRows(this Comparison comparison, string name, long[] expected, IEnumerable<int> actual, int rowLength) =>
        comparison.Equal($"{name} (rows as sets)", SortedRows(expected, rowLength),
            SortedRows([.. actual.Select(value => (long)value)], rowLength));

    /// <summary>The reduced tokens, <c>[plan.Count, D]</c>.</summary>
    public static float[] Apply(ReductionPlan plan, TokenMatrix features)
    {
        float[] tokens = new float[plan.Count * features.Dimension];
        plan.Apply(features, tokens);
        return tokens;
    }

    /// <summary>LLaVA-Video's places of the kept tokens and of its newlines: a newline ends every row of the raw grid, and a frame's
    /// newlines follow its kept tokens.</summary>
    public static IEnumerable<int> WithNewlines(ReductionPlan plan, int frames, int rows, int columns)
    {
        for (int frame = 0; frame < frames; frame++)
        {
            int raw = frame * rows * (columns + 1);
            foreach (int place in plan.Places.Where(place => place / (rows * columns) == frame))
                yield return raw + place % (rows * columns) / columns * (columns + 1) + place % columns;
            for (int row = 0; row < rows; row++)
                yield return raw + row * (columns + 1) + columns;
        }
    }

    private static long[] SortedRows(long[] values, int length)
    {
        for (int start = 0; start + length <= values.Length; start += length)
            Array.Sort(values, start, length);
        return values;
    }
}
