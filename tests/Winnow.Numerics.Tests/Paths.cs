namespace Winnow.Numerics.Tests;

/// <summary>One pool per instruction set that this machine has, so that every test can cover all of them.</summary>
internal static class Paths
{
    public static readonly IReadOnlyList<Compute> All =
    [
        .. new[] { KernelPath.Avx512, KernelPath.Avx2, KernelPath.Portable }
            .Where(Compute.IsSupported)
            .Select(path => new Compute(2, path)),
    ];
}
