namespace Winnow.Evaluation.Parquet;

/// <summary>A column of plain values, or of lists of them.</summary>
/// <param name="Name">Name of the column in a row.</param>
/// <param name="Type">Parquet's physical type.</param>
/// <param name="MaximumDefinition">Definition level of a value that is there.</param>
/// <param name="MaximumRepetition">1 for lists, 0 otherwise.</param>
/// <param name="RepeatedAt">Definition level from which a list has an element.</param>
internal sealed record ParquetColumn(string Name, int Type, int MaximumDefinition, int MaximumRepetition, int RepeatedAt)
{
    /// <summary>Whether rows hold lists.</summary>
    public bool IsList => MaximumRepetition > 0;
}
