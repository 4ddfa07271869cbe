using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>What to measure, and how.</summary>
public sealed record BenchOptions
{
    /// <summary>Shapes.</summary>
    public required BenchConfiguration Configuration { get; init; }

    /// <summary>How the model's matrices are stored. The products and the tower are measured in f32 besides.</summary>
    public WeightType Weights { get; init; } = WeightType.Int8;

    /// <summary>What to measure.</summary>
    public BenchPart Parts { get; init; } = BenchPart.All;

    /// <summary>Threads; 0 = one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>Instruction set.</summary>
    public KernelPath Path { get; init; } = KernelPath.Auto;

    /// <summary>
    /// Measures <see cref="BenchPart.Memory"/> in a process of its own, where other parts do not count; null to measure in this process.
    /// </summary>
    public Func<CancellationToken, MemoryResult>? MeasureMemoryApart { get; init; }

    /// <summary>Checks the parts against the configuration.</summary>
    /// <exception cref="ArgumentException">Nothing is to be measured.</exception>
    public void Validate()
    {
        if ((Parts & BenchPart.All) == 0)
            throw new ArgumentException($"There is no part {Parts}; known are {string.Join(", ", Enum.GetNames<BenchPart>())}.");
    }
}
