using System.Globalization;
using System.Text.RegularExpressions;

namespace Winnow.Media;

/// <summary>
/// What a program said on its error stream: the first lines and how many there were. Drained while it runs, so that it never waits for us.
/// </summary>
internal sealed partial class ToolLog
{
    private const int LinesKept = 4;
    private const int LongestLine = 200;

    private readonly List<string> _lines = [];

    /// <summary>Number of messages, repeated ones included.</summary>
    public int Count { get; private set; }

    /// <summary>The first messages, without the name and address of the object that speaks.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Whether anything was said.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Reads to the end of the stream.</summary>
    public async Task DrainAsync(TextReader reader)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            Add(line);
    }

    /// <summary>Adds one line.</summary>
    public void Add(string line)
    {
        line = ObjectPrefix().Replace(line, "").Trim();
        if (line.Length == 0)
            return;
        if (Repetition().Match(line) is { Success: true } repeated)
        {
            Count += int.Parse(repeated.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            return;
        }
        Count++;
        if (_lines.Count < LinesKept)
            _lines.Add(line.Length <= LongestLine ? line : line[..LongestLine] + "...");
    }

    /// <summary>The first message, or words for silence.</summary>
    public string FirstMessage() => IsEmpty ? "no message" : _lines[0].TrimEnd('.');

    // "[h264 @ 0x55d437f1b40] ", also twice in a row where one object speaks for another.
    [GeneratedRegex(@"^(\[[^\]]* @ 0x[0-9a-fA-F]+\] ?)+")]
    private static partial Regex ObjectPrefix();

    [GeneratedRegex(@"^Last message repeated (\d{1,9}) times")]
    private static partial Regex Repetition();
}
