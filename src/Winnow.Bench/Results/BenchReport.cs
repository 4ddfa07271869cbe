namespace Winnow.Bench;

/// <summary>What a run of <see cref="BenchRun"/> measured; parts that did not run are null.</summary>
public sealed record BenchReport
{
    /// <summary>Name of the configuration.</summary>
    public required string Config { get; init; }

    /// <summary>How the model's matrices were stored.</summary>
    public required string Weights { get; init; }

    /// <summary>Threads that worked.</summary>
    public required int Threads { get; init; }

    /// <summary>Instruction set in use.</summary>
    public required string Path { get; init; }

    /// <summary>Duration of the whole run in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>The machine's ceiling as measured at the start.</summary>
    public CeilingResult? Ceiling { get; init; }

    /// <summary>Matrix products.</summary>
    public IReadOnlyList<GemmResult>? Gemm { get; init; }

    /// <summary>Vision tower.</summary>
    public IReadOnlyList<TowerResult>? Tower { get; init; }

    /// <summary>Prompts.</summary>
    public IReadOnlyList<PrefillResult>? Prefill { get; init; }

    /// <summary>One token after another.</summary>
    public IReadOnlyList<DecodeResult>? Decode { get; init; }

    /// <summary>Peak memory.</summary>
    public MemoryResult? Memory { get; init; }

    /// <summary>The ratios that docs/performance.md defines, by key; only those of parts that ran.</summary>
    public required IReadOnlyDictionary<string, double> Ratios { get; init; }
}
