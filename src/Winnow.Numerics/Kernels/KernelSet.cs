using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Numerics.Kernels;

/// <summary>The kernels of one instruction set.</summary>
internal sealed record KernelSet
{
    /// <summary>Products with f32, f16 and bf16 weights, and those inside attention.</summary>
    public required ProductKernel Float { get; init; }

    /// <summary>Products with int8 weights.</summary>
    public required Int8Product Int8 { get; init; }

    /// <summary>Row-wise functions.</summary>
    public required ElementwiseKernel Elementwise { get; init; }

    /// <summary>Softmax down columns, as wide as a tile of <see cref="Float"/>.</summary>
    public required ColumnKernel Columns { get; init; }

    public static KernelSet For(KernelPath path) => path switch
    {
        KernelPath.Avx512 => new KernelSet
        {
            Elementwise = new Elementwise<Lanes512, Vector512<float>>(),
            Columns = new Columns<Lanes512, Vector512<float>>(),
            Float = new FloatProduct<Float512, Vector512<float>>(tileRows: 12),

            // The byte product exists in 256-bit registers only, but one of its instructions does the work of four of the other kind.
            Int8 = AvxVnni.IsSupported ? new ByteProduct<Byte256>() : new PairProduct<Pair512, Vector512<int>>(tileRows: 8),
        },
        KernelPath.Avx2 => new KernelSet
        {
            Elementwise = new Elementwise<Lanes256, Vector256<float>>(),
            Columns = new Columns<Lanes256, Vector256<float>>(),
            Float = new FloatProduct<Float256, Vector256<float>>(tileRows: 6),
            Int8 = AvxVnni.IsSupported ? new ByteProduct<Byte256>() : new PairProduct<Pair256, Vector256<int>>(tileRows: 6),
        },
        _ => new KernelSet
        {
            Elementwise = new Elementwise<LanesPortable, Vector<float>>(),
            Columns = new Columns<LanesPortable, Vector<float>>(),
            Float = new FloatProduct<FloatPortable, Vector<float>>(tileRows: 6),
            Int8 = new IntegerProduct(),
        },
    };
}
