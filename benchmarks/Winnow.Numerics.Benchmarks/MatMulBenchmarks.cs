using System.Globalization;
using BenchmarkDotNet.Attributes;

namespace Winnow.Numerics.Benchmarks;

/// <summary>Products at the shapes of a 0.5B decoder and of SigLIP; f32 is the baseline.</summary>
public class MatMulBenchmarks
{
    private Compute _compute = null!;
    private float[] _x = [];
    private float[] _y = [];
    private WeightMatrix _f32 = null!;
    private WeightMatrix _f16 = null!;
    private WeightMatrix _int8 = null!;

    /// <summary>Rows of activations: 1 decodes, more prefill.</summary>
    [Params(1, 128, 1024)]
    public int Rows { get; set; }

    /// <summary>Outputs x inputs.</summary>
    [Params("896x896", "4864x896", "896x4864", "1152x4304")]
    public string Shape { get; set; } = "";

    /// <summary>Allocates the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        int[] shape = [.. Shape.Split('x').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        float[] values = RandomValues.Create(1, (long)shape[0] * shape[1]);
        _compute = new Compute();
        _x = RandomValues.Create(2, (long)Rows * shape[1]);
        _y = new float[Rows * shape[0]];
        _f32 = WeightMatrix.FromValues(values, shape[0], shape[1]);
        _f16 = WeightMatrix.FromValues(values, shape[0], shape[1], WeightType.F16);
        _int8 = _f32.Quantize(_compute);
    }

    /// <summary>Stops the threads.</summary>
    [GlobalCleanup]
    public void Cleanup() => _compute.Dispose();

    /// <summary>f32 weights.</summary>
    [Benchmark(Baseline = true)]
    public void F32() => MatMul.Multiply(_compute, _x, Rows, _f32, default, _y);

    /// <summary>f16 weights.</summary>
    [Benchmark]
    public void F16() => MatMul.Multiply(_compute, _x, Rows, _f16, default, _y);

    /// <summary>int8 weights, groups of 128.</summary>
    [Benchmark]
    public void Int8() => MatMul.Multiply(_compute, _x, Rows, _int8, default, _y);
}
