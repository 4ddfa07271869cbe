namespace Winnow.Numerics;

/// <summary>One parallel loop's body and its operands.</summary>
internal interface IParallelJob
{
    /// <summary>Does piece <paramref name="index"/> on worker <paramref name="worker"/> (0 = the caller).</summary>
    void Run(int index, int worker);
}
