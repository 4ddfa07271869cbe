namespace Winnow.Reduction;

/// <summary>
/// Runs a body for 0 to <paramref name="count"/> - 1, in any order and on any number of threads, and returns when all are done.
/// </summary>
/// <param name="count">Number of calls, zero or more.</param>
/// <param name="body">The work; no call may depend on another, nor start such a loop itself.</param>
public delegate void ParallelFor(int count, Action<int> body);
