using BenchmarkDotNet.Attributes;

namespace Winnow.Numerics.Benchmarks;

/// <summary>Row-wise functions over 1,024 tokens.</summary>
public class RowBenchmarks
{
    private const int Rows = 1024;
    private readonly float[] _wide = RandomValues.Create(1, Rows * 4864);
    private readonly float[] _other = RandomValues.Create(2, Rows * 4864);
    private readonly float[] _result = new float[Rows * 4864];
    private readonly float[] _weight = RandomValues.Create(3, 896);
    private readonly RotaryTable _rotary = new([.. Enumerable.Range(0, Rows)], 64, 1e6);
    private Compute _compute = null!;

    /// <summary>Starts the threads.</summary>
    [GlobalSetup]
    public void Setup() => _compute = new Compute();

    /// <summary>Stops the threads.</summary>
    [GlobalCleanup]
    public void Cleanup() => _compute.Dispose();

    /// <summary>silu(gate) up, 4,864 wide.</summary>
    [Benchmark]
    public void SiluMultiply() => Activations.SiluMultiply(_compute, _wide, _other, _result);

    /// <summary>Tanh gelu, 4,864 wide.</summary>
    [Benchmark]
    public void GeluTanh() => Activations.GeluTanh(_compute, _wide, _result);

    /// <summary>Erf gelu, 4,864 wide.</summary>
    [Benchmark]
    public void GeluErf() => Activations.GeluErf(_compute, _wide, _result);

    /// <summary>RMS norm, 896 wide.</summary>
    [Benchmark]
    public void RmsNorm() =>
        Normalization.RmsNorm(_compute, _wide.AsSpan(0, Rows * 896), Rows, 896, _weight, 1e-6f, _result.AsSpan(0, Rows * 896));

    /// <summary>Rotary embedding of 14 heads of 64.</summary>
    [Benchmark]
    public void Rotary() => _rotary.Apply(_compute, _wide.AsSpan(0, Rows * 896), 14);
}
