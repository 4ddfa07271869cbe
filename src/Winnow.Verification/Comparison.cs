using System.Globalization;

namespace Winnow.Verification;

/// <summary>Collects what was compared and what differed.</summary>
internal sealed class Comparison
{
    private readonly List<string> _agreed = [];
    private readonly List<string> _differed = [];

    /// <summary>Whether nothing differed and something was compared.</summary>
    public bool Holds => _differed.Count == 0 && _agreed.Count > 0;

    /// <summary>The differences if there are any, otherwise what was compared.</summary>
    public string Message =>
        _differed.Count > 0 ? string.Join("; ", _differed) : _agreed.Count > 0 ? string.Join("; ", _agreed) : "nothing was compared";

    /// <summary>Compares whole numbers, in order.</summary>
    public void Equal(string name, ReadOnlySpan<long> expected, ReadOnlySpan<long> actual)
    {
        if (expected.Length != actual.Length)
        {
            _differed.Add($"{name}: {actual.Length} values, recorded {expected.Length}");
            return;
        }
        int at = expected.CommonPrefixLength(actual);
        if (at < expected.Length)
            _differed.Add($"{name}[{at}] is {actual[at]}, recorded {expected[at]}");
        else
            _agreed.Add($"{name}: {expected.Length} equal");
    }

    /// <summary>Compares whole numbers, in order.</summary>
    public void Equal(string name, ReadOnlySpan<long> expected, IEnumerable<int> actual) =>
        Equal(name, expected, actual.Select(value => (long)value).ToArray());

    /// <summary>Compares whole numbers as sets: for choices that the recording library's unstable sort may list in another order.</summary>
    public void SameSet(string name, ReadOnlySpan<long> expected, IEnumerable<int> actual)
    {
        long[] sortedExpected = expected.ToArray(), sortedActual = [.. actual.Select(value => (long)value)];
        Array.Sort(sortedExpected);
        Array.Sort(sortedActual);
        Equal(name, sortedExpected, sortedActual);
    }

    /// <summary>Compares numbers within an absolute tolerance.</summary>
    public void Close(string name, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        if (expected.Length != actual.Length)
        {
            _differed.Add($"{name}: {actual.Length} values, recorded {expected.Length}");
            return;
        }
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(expected[i] - actual[i]);
            // NaN compares false with everything, so the test is written to fail on it; equal infinities agree.
            if (!(difference <= tolerance) && !expected[i].Equals(actual[i]))
            {
                _differed.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{name}[{i}] is {actual[i]:G7}, recorded {expected[i]:G7} (tolerance {tolerance:G2})"));
                return;
            }
            largest = expected[i].Equals(actual[i]) ? largest : Math.Max(largest, difference);
        }
        _agreed.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {expected.Length} within {largest:G2}"));
    }

    /// <summary>Compares numbers within an absolute tolerance.</summary>
    public void Close(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance) =>
        Close(name, Widen(expected), Widen(actual), tolerance);

    /// <summary>Compares numbers within a tolerance relative to the largest recorded magnitude.</summary>
    public void RelativelyClose(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        double scale = 0;
        foreach (float value in expected)
            scale = Math.Max(scale, Math.Abs(value));
        Close(name, Widen(expected), Widen(actual), tolerance * Math.Max(scale, 1e-30));
    }

    /// <summary>Notes a condition that must hold.</summary>
    public void Holding(string name, bool condition, string otherwise)
    {
        if (condition)
            _agreed.Add(name);
        else
            _differed.Add($"{name}: {otherwise}");
    }

    /// <summary>Notes an error met while computing.</summary>
    public void Fail(string reason) => _differed.Add(reason);

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        double[] wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return wide;
    }
}
