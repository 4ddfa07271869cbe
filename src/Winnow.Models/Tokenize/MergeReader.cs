using System.Text;

namespace Winnow.Models.Tokenize;

/// <summary>Turns merges, as strings, into entries of a <see cref="MergeTable"/>.</summary>
/// <param name="vocabulary">Where the ids come from.</param>
/// <param name="source">The file's name, for messages.</param>
/// <param name="expected">About how many merges will come.</param>
internal sealed class MergeReader(Vocabulary vocabulary, string source, int expected)
{
    private byte[] _joined = new byte[256];

    /// <summary>The merges so far.</summary>
    public MergeTable Merges { get; } = new(expected);

    /// <summary>A buffer of at least a length; its content up to <paramref name="keep"/> survives.</summary>
    public Span<byte> Buffer(int length, int keep = 0)
    {
        if (length > _joined.Length)
        {
            byte[] larger = new byte[Math.Max(length, _joined.Length * 2)];
            _joined.AsSpan(0, keep).CopyTo(larger);
            _joined = larger;
        }
        return _joined;
    }

    /// <summary>Adds the merge written as <c>left right</c> in the first bytes of the buffer.</summary>
    public void AddLine(int length)
    {
        Span<byte> line = _joined.AsSpan(0, length);
        int space = line.IndexOf((byte)' ');
        if (space <= 0 || space == length - 1 || line[(space + 1)..].Contains((byte)' '))
            throw new WinnowException(
                $"{source}: merge {Merges.Count} is '{Encoding.UTF8.GetString(line)}'; it must be two tokens with one space between.");
        line[(space + 1)..].CopyTo(line[space..]);
        AddJoined(space, length - 1);
    }

    /// <summary>Adds the merge whose two sides follow each other in the buffer.</summary>
    /// <param name="leftLength">Bytes of the left side.</param>
    /// <param name="length">Bytes of both.</param>
    public void AddJoined(int leftLength, int length)
    {
        ReadOnlySpan<byte> joined = _joined.AsSpan(0, length);
        int left = vocabulary.Find(joined[..leftLength]), right = vocabulary.Find(joined[leftLength..]), merged = vocabulary.Find(joined);
        if (left < 0 || right < 0 || merged < 0)
        {
            string text = $"'{Encoding.UTF8.GetString(joined[..leftLength])}' + '{Encoding.UTF8.GetString(joined[leftLength..])}'";
            throw new WinnowException(
                $"{source}: merge {Merges.Count}, {text}, has a side or a result that is not in the vocabulary; the file is corrupt.");
        }
        Merges.Add(left, right, merged);
    }
}
