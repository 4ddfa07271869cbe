using System.Runtime.Intrinsics.X86;
using Winnow.Numerics.Kernels;

namespace Winnow.Numerics;

/// <summary>
/// The one thread pool that every kernel of a process runs on, and the instruction set they use.
/// Results do not depend on which thread does which piece of work, so they are the same for every run.
/// </summary>
/// <remarks>
/// One operation runs at a time: a second thread that calls one waits for the first to end.
/// The calling thread works too, so <c>threads = 1</c> starts no thread at all.
/// </remarks>
public sealed unsafe class Compute : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ForkJoin _pool;
    private readonly AlignedBuffer?[] _scratch;
    private AlignedBuffer? _shared;
    private long _multiplyAdds;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads that work, the caller's included; 0 = one per processor. At most 1024.</param>
    /// <param name="path">Instruction set; <see cref="KernelPath.Auto"/> takes the best.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">This processor lacks <paramref name="path"/>.</exception>
    public Compute(int threads = 0, KernelPath path = KernelPath.Auto)
        : this(threads, Resolve(path), KernelSet.For(Resolve(path)))
    {
    }

    /// <summary>As the public constructor, with kernels that no path selects on this machine.</summary>
    internal Compute(int threads, KernelPath path, KernelSet kernels)
    {
        if (threads is < 0 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "threads must be 1 to 1024, or 0 for one per processor.");
        }

        Path = path;
        Kernels = kernels;
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _scratch = new AlignedBuffer?[Threads];
        _pool = new ForkJoin(Threads);
    }

    /// <summary>Threads that work, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>The instruction set in use; never <see cref="KernelPath.Auto"/>.</summary>
    public KernelPath Path { get; }

    /// <summary>
    /// Multiply-adds of all products and attentions so far: those that the results need, whatever a kernel computes besides (padding of
    /// tiles, masked pairs). Twice the difference of two readings is the number of operations between them.
    /// </summary>
    public long MultiplyAdds => Interlocked.Read(ref _multiplyAdds);

    /// <summary>The kernels of <see cref="Path"/>.</summary>
    internal KernelSet Kernels { get; }

    /// <summary>True where this processor can run <paramref name="path"/>.</summary>
    /// <param name="path">The path asked about; <see cref="KernelPath.Auto"/> always runs.</param>
    public static bool IsSupported(KernelPath path) => path switch
    {
        KernelPath.Avx512 => Avx512BW.IsSupported && Avx512DQ.IsSupported,
        KernelPath.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };

    /// <summary>Runs <paramref name="body"/> for 0 to <paramref name="count"/> - 1, in no particular order, on all threads.</summary>
    /// <param name="count">Number of calls, zero or more.</param>
    /// <param name="body">The work; it must not call back into this object's operations.</param>
    /// <exception cref="AggregateException">One or more calls threw; the remaining indices may not have run.</exception>
    public void For(int count, Action<int> body)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentNullException.ThrowIfNull(body);
        using Lease lease = Enter();
        Run(count, new DelegateJob(body));
    }

    /// <summary>Stops the threads and frees the scratch memory; no operation may be running.</summary>
    public void Dispose()
    {
        _pool.Dispose();
        _shared?.Dispose();
        foreach (AlignedBuffer? buffer in _scratch)
        {
            buffer?.Dispose();
        }
    }

    /// <summary>Takes the pool and its scratch memory for one operation; dispose the result when it is done.</summary>
    /// <exception cref="InvalidOperationException">The caller is itself a piece of work of a running operation.</exception>
    internal Lease Enter()
    {
        if (_gate.IsHeldByCurrentThread || _pool.IsWorker(Thread.CurrentThread))
        {
            throw new InvalidOperationException("A kernel was called from inside a parallel body; call it from outside Compute.For.");
        }

        _gate.Enter();
        return new Lease(this);
    }

    /// <summary>Adds to <see cref="MultiplyAdds"/>, once a call; the lease must be held.</summary>
    internal void Count(long multiplyAdds) => Volatile.Write(ref _multiplyAdds, _multiplyAdds + multiplyAdds);

    /// <summary>Runs <c>job.Run(index, worker)</c> for every index below <paramref name="count"/>; the lease must be held.</summary>
    internal void Run(int count, IParallelJob job) => _pool.Run(count, job);

    /// <summary>Scratch memory of one worker, content undefined, at least <paramref name="bytes"/> long, 64-byte aligned.</summary>
    internal void* WorkerScratch(int worker, long bytes) => Grow(ref _scratch[worker], bytes);

    /// <summary>Scratch memory that all workers of the current operation share; the lease must be held.</summary>
    internal void* SharedScratch(long bytes) => Grow(ref _shared, bytes);

    private static void* Grow(ref AlignedBuffer? buffer, long bytes)
    {
        if (buffer is null || buffer.Bytes < bytes)
        {
            buffer?.Dispose();
            buffer = new AlignedBuffer(bytes);
        }

        return buffer.Pointer;
    }

    private static KernelPath Resolve(KernelPath path)
    {
        if (path == KernelPath.Auto)
        {
            return IsSupported(KernelPath.Avx512) ? KernelPath.Avx512
                : IsSupported(KernelPath.Avx2) ? KernelPath.Avx2
                : KernelPath.Portable;
        }

        return IsSupported(path)
            ? path
            : throw new PlatformNotSupportedException($"This processor lacks the instructions of KernelPath.{path}; use KernelPath.Auto.");
    }

    /// <summary>The right to use the pool, held for one operation.</summary>
    internal readonly ref struct Lease(Compute owner)
    {
        /// <summary>Gives the pool back.</summary>
        public void Dispose() => owner._gate.Exit();
    }

    private sealed class DelegateJob(Action<int> body) : IParallelJob
    {
        public void Run(int index, int worker) => body(index);
    }
}
