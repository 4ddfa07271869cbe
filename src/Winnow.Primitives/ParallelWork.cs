using Winnow.Reduction;

namespace Winnow.Primitives;

/// <summary>Loops that are spread over threads where there are any.</summary>
internal static class ParallelWork
{
    /// <summary>
    /// Calls the body for 0 to <paramref name="count"/> - 1; one after the other where <paramref name="parallel"/> is null.
    /// </summary>
    public static void Run(this ParallelFor? parallel, int count, Action<int> body)
    {
        if (parallel is not null)
        {
            parallel(count, body);
            return;
        }
        for (int i = 0; i < count; i++)
            body(i);
    }
}
