namespace Winnow.Evaluation.Parquet;

/// <summary>The leaf columns of a file: plain values and lists of them; deeper nesting is left out.</summary>
internal static class ParquetSchema
{
    private const int Optional = 1;
    private const int Repeated = 2;

    /// <summary>Reads the flattened tree of the footer.</summary>
    /// <returns>Every leaf in the order of the file's column chunks; null for one that is nested more deeply than a list.</returns>
    public static IReadOnlyList<ParquetColumn?> Leaves(IReadOnlyList<object> elements)
    {
        var leaves = new List<ParquetColumn?>();
        int at = 0;
        ThriftStruct root = Next(elements, ref at);
        for (int i = 0; i < (root.Integer(5) ?? 0); i++)
            Walk(elements, ref at, null, new Levels(0, 0, 0), leaves);
        return leaves;
    }

    private static void Walk(IReadOnlyList<object> elements, ref int at, string? column, Levels above, List<ParquetColumn?> leaves)
    {
        ThriftStruct element = Next(elements, ref at);
        long repetition = element.Integer(3) ?? 0;
        Levels here = repetition switch
        {
            Optional => above with { Definition = above.Definition + 1 },
            Repeated => new Levels(above.Definition + 1, above.Repetition + 1, above.Definition + 1),
            _ => above,
        };
        string name = column ?? element.Text(4);
        long children = element.Integer(5) ?? 0;
        if (children == 0)
        {
            leaves.Add(here.Repetition > 1 ? null : new ParquetColumn(
                name, (int)(element.Integer(1) ?? 0), here.Definition, here.Repetition, here.RepeatedAt));
            return;
        }
        int first = leaves.Count;
        for (long i = 0; i < children; i++)
            Walk(elements, ref at, name, here, leaves);
        // A group of several fields, or one that is no list, is a struct: its leaves have no plain form in a row.
        if (leaves.Count - first > 1 || leaves.Count > first && leaves[first]?.MaximumRepetition == 0)
            for (int i = first; i < leaves.Count; i++)
                leaves[i] = null;
    }

    private static ThriftStruct Next(IReadOnlyList<object> elements, ref int at) =>
        at < elements.Count && elements[at++] is ThriftStruct element
            ? element
            : throw new InvalidDataException("its schema ends too early");

    private readonly record struct Levels(int Definition, int Repetition, int RepeatedAt);
}
