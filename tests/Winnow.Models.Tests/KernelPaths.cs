using Winnow.Numerics;

namespace Winnow.Models.Tests;

/// <summary>The instruction sets of this processor.</summary>
internal static class KernelPaths
{
    public static IEnumerable<KernelPath> Supported =>
        new[] { KernelPath.Avx512, KernelPath.Avx2, KernelPath.Portable }.Where(Compute.IsSupported);
}
