using System.Diagnostics;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>Measures the machine's ceiling now and then: the best of as many short measurements as fit into the time given.</summary>
internal sealed class CeilingProbe(Compute compute) : IDisposable
{
    // Far beyond any last-level cache that one machine gives to a program like this.
    private const long ReadBytes = 256L << 20;
    private const int Rounds = 6;
    private const double RoundSeconds = 0.05;
    private AlignedBuffer? _memory;

    /// <summary>f32 operations per second, two for each multiply-add.</summary>
    /// <param name="seconds">About how long to measure.</param>
    public double FloatOperations(double seconds) => Best(seconds, () => MachineCeiling.MeasureFloat(compute));

    /// <summary>Bytes read from memory per second.</summary>
    /// <param name="seconds">About how long to measure.</param>
    public double ReadBytesPerSecond(double seconds)
    {
        AlignedBuffer memory = Memory();
        return Best(seconds, () => MachineCeiling.MeasureRead(compute, memory));
    }

    /// <summary>All ceilings, in turn and repeatedly.</summary>
    public CeilingResult Measure()
    {
        double floats = 0, integers = 0, bytes = 0;
        for (int round = 0; round < Rounds; round++)
        {
            floats = Math.Max(floats, FloatOperations(RoundSeconds));
            integers = Math.Max(integers, Best(RoundSeconds, () => MachineCeiling.MeasureInt8(compute)));
            bytes = Math.Max(bytes, ReadBytesPerSecond(RoundSeconds));
        }
        return new CeilingResult(floats / 1e9, integers / 1e9, bytes / 1e9);
    }

    /// <summary>Frees the memory that was read.</summary>
    public void Dispose() => _memory?.Dispose();

    private static double Best(double seconds, Func<double> measure)
    {
        long start = Stopwatch.GetTimestamp();
        double best = 0;
        do
            best = Math.Max(best, measure());
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
        return best;
    }

    private AlignedBuffer Memory()
    {
        if (_memory is null)
        {
            _memory = new AlignedBuffer(ReadBytes);
            _memory.Clear();
        }
        return _memory;
    }
}
