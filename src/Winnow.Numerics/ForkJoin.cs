namespace Winnow.Numerics;

/// <summary>
/// Long-lived threads that share out the indices of one loop at a time.
/// </summary>
/// <remarks>
/// A decode step is about two hundred loops of some 100 microseconds, so starting and ending one must cost about one microsecond:
/// workers spin for a while before they sleep, indices are taken from one counter, and the caller does not wait for a worker
/// that has not woken yet. It takes all indices itself, closes the loop, and a worker that wakes later finds the door shut.
/// </remarks>
internal sealed class ForkJoin : IDisposable
{
    // About 50 microseconds: longer than the serial work between two products of a decode step, short beside a time slice.
    private const int SpinRounds = 1600;
    private const int Closed = -1;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly List<Exception> _errors = [];
    private int _door = Closed;
    private int _generation;
    private int _parked;
    private int _next;
    private int _count;
    private IParallelJob? _job;
    private volatile bool _stop;

    public ForkJoin(int threads)
    {
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Live(worker)) { IsBackground = true, Name = $"winnow-{worker}" };
            _threads[i].Start();
        }
    }

    public bool IsWorker(Thread thread) => Array.IndexOf(_threads, thread) >= 0;

    /// <summary>Runs every index of <paramref name="job"/> once; returns when all have ended.</summary>
    public void Run(int count, IParallelJob job)
    {
        if (count <= 0)
        {
            return;
        }

        _next = 0;
        _count = count;
        _job = job;
        if (_threads.Length > 0 && count > 1)
        {
            Open();
            TakeIndices(0);
            Close();
        }
        else
        {
            TakeIndices(0);
        }

        _job = null;
        if (_errors.Count > 0)
        {
            AggregateException error = new(_errors);
            _errors.Clear();
            throw error;
        }
    }

    public void Dispose()
    {
        _stop = true;
        Interlocked.Increment(ref _generation);
        _wake.Release(_threads.Length + 1);
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _wake.Dispose();
    }

    private void Open()
    {
        Interlocked.Exchange(ref _door, 0);
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _parked) > 0)
        {
            int sleeping = Interlocked.Exchange(ref _parked, 0);
            if (sleeping > 0)
            {
                _wake.Release(sleeping);
            }
        }
    }

    private void Close()
    {
        int rounds = 0;
        while (Interlocked.CompareExchange(ref _door, Closed, 0) != 0)
        {
            // A worker that the system took off its processor would be waited for in vain while spinning: let it run.
            if (++rounds < SpinRounds)
            {
                Thread.SpinWait(1);
            }
            else
            {
                Thread.Yield();
            }
        }
    }

    private void Live(int worker)
    {
        int seen = 0;
        while (true)
        {
            seen = AwaitNext(seen);
            if (_stop)
            {
                return;
            }

            if (TryJoin())
            {
                TakeIndices(worker);
                Interlocked.Decrement(ref _door);
            }
        }
    }

    private bool TryJoin()
    {
        int inside = Volatile.Read(ref _door);
        while (inside != Closed)
        {
            int before = Interlocked.CompareExchange(ref _door, inside + 1, inside);
            if (before == inside)
            {
                return true;
            }

            inside = before;
        }

        return false;
    }

    private int AwaitNext(int seen)
    {
        for (int i = 0; i < SpinRounds; i++)
        {
            int now = Volatile.Read(ref _generation);
            if (now != seen)
            {
                return now;
            }

            Thread.SpinWait(1);
        }

        Interlocked.Increment(ref _parked);
        if (Volatile.Read(ref _generation) == seen || !TryUnpark())
        {
            _wake.Wait();
        }

        return Volatile.Read(ref _generation);
    }

    /// <summary>Takes back the announcement of sleep; false when the caller has already sent the wake-up for it.</summary>
    private bool TryUnpark()
    {
        int parked = Volatile.Read(ref _parked);
        while (parked > 0)
        {
            int before = Interlocked.CompareExchange(ref _parked, parked - 1, parked);
            if (before == parked)
            {
                return true;
            }

            parked = before;
        }

        return false;
    }

    private void TakeIndices(int worker)
    {
        IParallelJob job = _job!;
        int count = _count;
        try
        {
            for (int i = Interlocked.Increment(ref _next) - 1; i < count; i = Interlocked.Increment(ref _next) - 1)
            {
                job.Run(i, worker);
            }
        }
        catch (Exception error)
        {
            Volatile.Write(ref _next, count);
            lock (_errors)
            {
                _errors.Add(error);
            }
        }
    }
}
