using BenchmarkDotNet.Attributes;

namespace Winnow.Numerics.Benchmarks;

/// <summary>Attention of a 0.5B decoder (causal, 14 heads on 2, size 64) and of SigLIP (full, 16 heads of 72).</summary>
public class AttentionBenchmarks
{
    private Compute _compute = null!;
    private AttentionOperands _decoder = null!;
    private AttentionOperands _tower = null!;

    /// <summary>Allocates the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _compute = new Compute();
        _decoder = new AttentionOperands(1024, 14, 2, 64, causal: true);
        _tower = new AttentionOperands(729, 16, 16, 72, causal: false);
    }

    /// <summary>Stops the threads.</summary>
    [GlobalCleanup]
    public void Cleanup() => _compute.Dispose();

    /// <summary>1,024 tokens, causal.</summary>
    [Benchmark]
    public void Decoder() => _decoder.Apply(_compute);

    /// <summary>729 tokens, full.</summary>
    [Benchmark]
    public void Tower() => _tower.Apply(_compute);
}
