namespace Winnow.Models.Generate;

/// <summary>Ends a stream of text at the first stop string. One per answer.</summary>
/// <remarks>
/// Text that may still become a stop string is held back, at most its length less one. The result does not depend on how the text is cut
/// into parts: the stop string that is complete first counts, and of those that end together the one that starts first.
/// </remarks>
public sealed class StopMatcher
{
    private readonly string[] _stops;
    private string _held = "";

    /// <summary>Creates the matcher.</summary>
    /// <param name="stops">Stop strings, compared exactly; none to let everything pass.</param>
    /// <exception cref="WinnowException">A stop string is empty or not well-formed Unicode.</exception>
    public StopMatcher(IEnumerable<string> stops)
    {
        _stops = [.. stops];
        foreach (string stop in _stops)
        {
            if (stop.Length == 0)
                throw new WinnowException("A stop string is empty; it must have at least one character.");
            if (char.IsLowSurrogate(stop[0]) || char.IsHighSurrogate(stop[^1]))
                throw new WinnowException($"Stop string '{stop}' starts or ends inside a character; give whole characters.");
        }
    }

    /// <summary>Whether a stop string was met. From then on nothing passes.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next part of the text.</summary>
    /// <returns>Text that can be shown: none of it belongs to a stop string.</returns>
    public string Push(string text)
    {
        if (Stopped)
            return "";
        string pending = _held + text;
        if (FindStop(pending) is int start)
        {
            Stopped = true;
            _held = "";
            return pending[..start];
        }
        int safe = pending.Length - HeldBack(pending);
        _held = pending[safe..];
        return pending[..safe];
    }

    /// <summary>Ends the text.</summary>
    /// <returns>What was held back, since no stop string can come of it any more.</returns>
    public string Flush()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    private int? FindStop(string text)
    {
        int? start = null;
        int end = int.MaxValue;
        foreach (string stop in _stops)
        {
            int index = text.IndexOf(stop, StringComparison.Ordinal);
            if (index < 0 || index + stop.Length > end || (index + stop.Length == end && index >= start))
                continue;
            start = index;
            end = index + stop.Length;
        }
        return start;
    }

    /// <summary>Length of the longest end of the text that some stop string starts with.</summary>
    private int HeldBack(string text)
    {
        int longest = 0;
        foreach (string stop in _stops)
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                    longest = length;
        return longest;
    }
}
