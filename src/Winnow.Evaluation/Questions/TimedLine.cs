namespace Winnow.Evaluation;

/// <summary>A subtitle.</summary>
/// <param name="Start">When it appears, in seconds of the video.</param>
/// <param name="End">When it goes, in seconds of the video.</param>
/// <param name="Text">What it says.</param>
public readonly record struct TimedLine(double Start, double End, string Text)
{
    /// <summary>Half way between, in seconds.</summary>
    public double Middle => (Start + End) / 2;

    /// <summary>Whether something seen at a time lies strictly inside.</summary>
    public bool Covers(double time) => time > Start && time < End;
}
