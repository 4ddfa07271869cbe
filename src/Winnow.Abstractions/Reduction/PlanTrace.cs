using System.Collections;

namespace Winnow.Reduction;

/// <summary>What explains a plan, by name: for accounts, pictures and recordings. Nothing in the engine decides by it.</summary>
public sealed class PlanTrace : IEnumerable<KeyValuePair<string, Array>>
{
    /// <summary>Name of the first frame of each segment, <c>int[]</c>, for methods that cut the video.</summary>
    public const string SegmentStarts = "segment_starts";

    /// <summary>Name of the tokens given to each frame, <c>int[F]</c>, for methods with a budget per frame.</summary>
    public const string FrameBudgets = "frame_budgets";

    private readonly Dictionary<string, Array> _values = new(StringComparer.Ordinal);

    /// <summary>Adds a named array; a name stands once.</summary>
    public void Add(string name, Array values) => _values.Add(name, values);

    /// <summary>The array of that name, or null.</summary>
    public T[]? Find<T>(string name) => _values.GetValueOrDefault(name) as T[];

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Array>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
