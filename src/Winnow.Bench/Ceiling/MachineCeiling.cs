using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Numerics;

namespace Winnow.Bench.Ceiling;

/// <summary>Measures what the machine can do at most, on all threads: the denominators of the ratios.</summary>
internal sealed unsafe class MachineCeiling : IDisposable
{
    // Far beyond any last-level cache that one machine gives to a program like this.
    private const int BufferBytes = 256 << 20;
    private const int BlockBytes = 1 << 20;

    private readonly Compute _compute;
    private readonly Func<double> _fma;
    private readonly Func<double> _integers;
    private readonly double _fmaOperations;
    private readonly double _integerOperations;
    private readonly double[] _sink;
    private AlignedBuffer? _buffer;

    /// <summary>Chooses the loops for the instruction set in use.</summary>
    public MachineCeiling(Compute compute)
    {
        _compute = compute;
        _sink = new double[compute.Threads];
        (_fma, _fmaOperations) = compute.Path switch
        {
            KernelPath.Avx512 => Loop<Fma512, Vector512<float>>(),
            KernelPath.Avx2 => Loop<Fma256, Vector256<float>>(),
            _ => Loop<FmaPortable, Vector<float>>(),
        };
        (Int8Instruction, (_integers, _integerOperations)) = compute.Path switch
        {
            KernelPath.Avx512 or KernelPath.Avx2 when AvxVnni.IsSupported => ("vpdpbusd", Loop<Bytes256, Vector256<int>>()),
            KernelPath.Avx512 => ("vpmaddwd", Loop<Pairs512, Vector512<int>>()),
            KernelPath.Avx2 => ("vpmaddwd", Loop<Pairs256, Vector256<int>>()),
            _ => ("32-bit multiply", Loop<IntegersPortable, Vector<int>>()),
        };
    }

    /// <summary>The instruction whose rate <see cref="Int8Rate"/> gives.</summary>
    public string Int8Instruction { get; }

    /// <summary>f32 operations per second, two for each multiply-add.</summary>
    /// <param name="seconds">About how long to measure.</param>
    public double FmaRate(double seconds) => Rate(_fma, _fmaOperations, seconds);

    /// <summary>8-bit operations per second, two for each multiply-add.</summary>
    /// <param name="seconds">About how long to measure.</param>
    public double Int8Rate(double seconds) => Rate(_integers, _integerOperations, seconds);

    /// <summary>Bytes read from memory per second.</summary>
    /// <param name="seconds">About how long to measure; one pass over a quarter of a gigabyte at least.</param>
    public double Bandwidth(double seconds)
    {
        _buffer ??= Touched(BufferBytes);
        long start = Stopwatch.GetTimestamp();
        double bytes = 0, elapsed;
        do
        {
            _compute.For(BufferBytes / BlockBytes, block => Volatile.Write(ref _sink[0], Sum((byte*)_buffer.Pointer + ((long)block * BlockBytes))));
            bytes += BufferBytes;
            elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        while (elapsed < seconds);
        return bytes / elapsed;
    }

    /// <summary>Frees the memory that was read.</summary>
    public void Dispose() => _buffer?.Dispose();

    private static (Func<double> Run, double Operations) Loop<TStep, TVector>()
        where TStep : struct, IPeakStep<TVector>
        where TVector : struct =>
        (PeakLoop.Run<TStep, TVector>, PeakLoop.Operations<TStep, TVector>());

    private static AlignedBuffer Touched(int bytes)
    {
        var buffer = new AlignedBuffer(bytes);
        buffer.AsSpan<byte>().Fill(1);
        return buffer;
    }

    private static double Sum(byte* start)
    {
        Vector<long> a = default, b = default, c = default, d = default;
        int step = Vector<byte>.Count;
        for (byte* at = start; at < start + BlockBytes; at += 4 * step)
        {
            a += *(Vector<long>*)at;
            b += *(Vector<long>*)(at + step);
            c += *(Vector<long>*)(at + (2 * step));
            d += *(Vector<long>*)(at + (3 * step));
        }
        return Vector.Sum(a + b + c + d);
    }

    private double Rate(Func<double> run, double operations, double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        double done = 0, elapsed;
        int calls = _compute.Threads * 8;
        do
        {
            _compute.For(calls, _ => Volatile.Write(ref _sink[0], run()));
            done += calls * operations;
            elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        while (elapsed < seconds);
        return done / elapsed;
    }
}
