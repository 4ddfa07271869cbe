using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Numerics.Kernels;

namespace Winnow.Numerics;

/// <summary>What this machine can do at most, measured with all threads of a <see cref="Compute"/> and its instruction set.</summary>
/// <param name="FloatOperationsPerSecond">f32 operations per second (a multiply-add counts as two) with all operands in registers.</param>
/// <param name="Int8OperationsPerSecond">
/// int8 operations per second (likewise two) of the instructions that this path's integer products use, operands in registers.
/// </param>
/// <param name="ReadBytesPerSecond">Bytes per second read from memory, far more than the caches hold.</param>
public sealed record MachineCeiling(double FloatOperationsPerSecond, double Int8OperationsPerSecond, double ReadBytesPerSecond)
{
    private const long ReadBytes = 256L << 20;

    /// <summary>Measures each number several times and keeps the best, because other load can only make it smaller.</summary>
    /// <param name="compute">Threads and instruction set to measure.</param>
    /// <param name="rounds">Repetitions, at least 1; ten take about a second.</param>
    public static MachineCeiling Measure(Compute compute, int rounds = 10)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        using AlignedBuffer memory = new(ReadBytes);
        memory.Clear();
        MachineCeiling best = new(0, 0, 0);
        for (int round = 0; round < rounds; round++)
        {
            best = new MachineCeiling(
                Math.Max(best.FloatOperationsPerSecond, MeasureFloat(compute)),
                Math.Max(best.Int8OperationsPerSecond, MeasureInt8(compute)),
                Math.Max(best.ReadBytesPerSecond, MeasureRead(compute, memory)));
        }

        return best;
    }

    /// <summary>Measures <see cref="FloatOperationsPerSecond"/> once, in a few milliseconds: for ratios taken close in time.</summary>
    /// <param name="compute">Threads and instruction set to measure.</param>
    public static double MeasureFloat(Compute compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        return compute.Path switch
        {
            KernelPath.Avx512 => Rate<Float512, Vector512<float>>(compute, operationsPerLane: 2),
            KernelPath.Avx2 => Rate<Float256, Vector256<float>>(compute, operationsPerLane: 2),
            _ => Rate<FloatPortable, Vector<float>>(compute, operationsPerLane: 2),
        };
    }

    /// <summary>Measures <see cref="Int8OperationsPerSecond"/> once, in a few milliseconds.</summary>
    /// <param name="compute">Threads and instruction set to measure.</param>
    public static double MeasureInt8(Compute compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        return compute.Path switch
        {
            KernelPath.Portable => Rate<IntegerPortable, Vector<float>>(compute, operationsPerLane: 2),
            _ when AvxVnni.IsSupported => Rate<Byte256, Vector256<int>>(compute, operationsPerLane: 8),
            KernelPath.Avx512 => Rate<Pair512, Vector512<int>>(compute, operationsPerLane: 4),
            _ => Rate<Pair256, Vector256<int>>(compute, operationsPerLane: 4),
        };
    }

    /// <summary>Measures <see cref="ReadBytesPerSecond"/> once over memory of the caller's.</summary>
    /// <param name="compute">Threads to measure.</param>
    /// <param name="memory">Memory to read: several times the last-level cache, touched before.</param>
    public static unsafe double MeasureRead(Compute compute, AlignedBuffer memory)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(memory);
        const int Piece = 1 << 20;
        byte* start = (byte*)memory.Pointer;
        int pieces = (int)(memory.Bytes / Piece);
        long[] sinks = new long[pieces];
        long before = Stopwatch.GetTimestamp();
        compute.For(pieces, i => sinks[i] = Read(start + ((long)i * Piece), Piece));
        return (double)pieces * Piece / Stopwatch.GetElapsedTime(before).TotalSeconds;
    }

    private static unsafe long Read(byte* start, int bytes)
    {
        Vector512<long> a = Vector512<long>.Zero, b = a, c = a, d = a;
        for (byte* p = start; p < start + bytes; p += 256)
        {
            a |= Vector512.Load((long*)p);
            b |= Vector512.Load((long*)(p + 64));
            c |= Vector512.Load((long*)(p + 128));
            d |= Vector512.Load((long*)(p + 192));
        }

        return Vector512.Sum(a | b | c | d);
    }

    /// <summary>The products' own tile on operands that never leave the first-level cache: nothing but arithmetic limits it.</summary>
    private static unsafe double Rate<TDot, TVector>(Compute compute, int operationsPerLane)
        where TDot : struct, IDot<TVector>
        where TVector : struct
    {
        // More pieces than threads, as in a product: a thread that other load holds up must not hold up the measurement.
        const int PiecesPerThread = 8, Repeats = 1500;
        int pieces = compute.Threads * PiecesPerThread;
        long before = Stopwatch.GetTimestamp();
        compute.For(pieces, _ => Ceiling<TDot, TVector>.Run(Repeats));
        double seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
        return (double)pieces * Repeats * Ceiling<TDot, TVector>.ProductsPerRun * TDot.Lanes * operationsPerLane / seconds;
    }
}
