using System.Globalization;

namespace Winnow.Evaluation.Running;

/// <summary>
/// Part <paramref name="Index"/> of <paramref name="Count"/> of a set, for machines that share the work. Videos are
/// dealt out in turn; a video is never split.
/// </summary>
/// <param name="Index">From 1 to <paramref name="Count"/>.</param>
/// <param name="Count">At least 1.</param>
public readonly record struct Shard(int Index, int Count)
{
    /// <summary>Everything.</summary>
    public static Shard Whole { get; } = new(1, 1);

    /// <summary>Reads <c>i/n</c>, such as <c>2/4</c>.</summary>
    /// <exception cref="WinnowException">The text is no such pair, or i is outside 1 to n.</exception>
    public static Shard Parse(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && index >= 1 && index <= count)
            return new Shard(index, count);
        throw new WinnowException($"The shard is \"{text}\"; it must be i/n with i from 1 to n, such as 2/4.");
    }

    /// <summary>The questions of this part, in their order.</summary>
    public IReadOnlyList<Question> Select(IReadOnlyList<Question> questions)
    {
        if (Count == 1)
            return questions;
        var turns = new Dictionary<MediaSource, int>();
        foreach (Question question in questions)
            turns.TryAdd(question.Media, turns.Count);
        (int index, int count) = this;
        return [.. questions.Where(question => turns[question.Media] % count == index - 1)];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Index}/{Count}";
}
