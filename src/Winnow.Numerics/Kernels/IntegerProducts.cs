using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Numerics.Kernels;

/// <summary>What the int8 products share: activations are rounded row by row, then their slots are transposed into tiles.</summary>
internal abstract unsafe class Int8Product(int tileRows, int tileColumns) : ProductKernel(tileRows, tileColumns)
{
    public override long PackScratchBytes(int inputs) =>
        sizeof(int) * (long)((Int8Layout.Quads(inputs) * Int8Layout.Quad) + (TileRows * Slots(inputs)));

    public override void PackRows(float* x, int rows, int inputs, int groupSize, uint* packed, float* scales, void* scratch)
    {
        int quads = Int8Layout.Quads(inputs);
        int slots = Slots(inputs);
        int* steps = (int*)scratch;
        uint* rowSlots = (uint*)(steps + (quads * Int8Layout.Quad));
        if (rows < TileRows)
        {
            NativeMemory.Clear(packed, (nuint)slots * (nuint)TileRows * sizeof(uint));
            NativeMemory.Clear(scales, (nuint)Int8Layout.Groups(inputs, groupSize) * (nuint)TileRows * sizeof(float));
        }

        new Span<int>(steps + inputs, (quads * Int8Layout.Quad) - inputs).Clear();
        for (int row = 0; row < rows; row++)
        {
            float* source = x + ((long)row * inputs);
            for (int start = 0, group = 0; start < inputs; start += groupSize, group++)
            {
                scales[(group * TileRows) + row] = ActivationQuantizer.Run(source + start, Math.Min(groupSize, inputs - start), steps + start);
            }

            ToSlots(steps, quads, rowSlots + ((long)row * slots));
        }

        Transpose.Run(rowSlots, slots, rows, slots, packed, TileRows);
    }

    /// <summary>Turns groups of four steps into slots.</summary>
    public abstract void ToSlots(int* steps, int quads, uint* slots);

    /// <summary>The first byte of a tile's columns at an input.</summary>
    protected uint* Source(WeightMatrix w, int panel, int firstInput)
    {
        int column = panel * TileColumns;
        return (uint*)((byte*)w.Data + (column / Int8Layout.PanelRows * Int8Layout.PanelBytes(w.Columns)))
            + ((long)(firstInput / Int8Layout.Quad) * Int8Layout.PanelRows)
            + (column % Int8Layout.PanelRows);
    }
}

/// <summary>
/// Int8 products through 16-bit pairs. The four bytes of a quad become two slots, inputs (0, 2) and (1, 3): shifting a 32-bit lane's
/// halves left and right by 8 sign-extends the one pair, shifting them right by 8 the other.
/// </summary>
internal sealed unsafe class PairProduct<TDot, TVector>(int tileRows) : Int8Product(tileRows, 2 * TDot.Lanes)
    where TDot : struct, IDot<TVector>
    where TVector : struct
{
    public override int Slots(int inputs) => 2 * Int8Layout.Quads(inputs);

    public override void ToSlots(int* steps, int quads, uint* slots)
    {
        const ulong LowHalves = 0x0000FFFF_0000FFFF;
        ulong* pairs = (ulong*)steps;
        for (int i = 0; i < quads; i++)
        {
            ((ulong*)slots)[i] = (pairs[2 * i] & LowHalves) | ((pairs[(2 * i) + 1] & LowHalves) << 16);
        }
    }

    public override PackedPanel PackPanel(WeightMatrix w, int panel, int firstInput, int inputs, uint* scratch)
    {
        uint* source = Source(w, panel, firstInput);
        uint* target = scratch;
        for (int quad = Int8Layout.Quads(inputs); quad > 0; quad--, source += Int8Layout.PanelRows, target += 2 * TileColumns)
        {
            for (int column = 0; column < TileColumns; column += Vector256<int>.Count)
            {
                Vector256<short> bytes = Vector256.Load((short*)(source + column));
                Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(bytes, 8), 8).Store((short*)(target + column));
                Vector256.ShiftRightArithmetic(bytes, 8).Store((short*)(target + TileColumns + column));
            }
        }

        return new PackedPanel((nint)scratch, TileColumns, 0);
    }

    public override void Tile(in TileCall call, int rows) => Tiles<TDot, TVector>.Run(TileRows, call, rows);
}

/// <summary>Int8 products through AVX-VNNI, which reads the stored panels as they are.</summary>
/// <typeparam name="TDot"><see cref="Byte256"/>, or its emulation in tests.</typeparam>
internal sealed unsafe class ByteProduct<TDot>() : Int8Product(6, 16)
    where TDot : struct, IDot<Vector256<int>>
{
    public override int Slots(int inputs) => Int8Layout.Quads(inputs);

    public override void ToSlots(int* steps, int quads, uint* slots)
    {
        for (int i = 0; i < quads; i++, steps += Int8Layout.Quad)
        {
            // The offset of 128 flips the top bit of a byte.
            uint quad = (byte)steps[0] | ((uint)(byte)steps[1] << 8) | ((uint)(byte)steps[2] << 16) | ((uint)(byte)steps[3] << 24);
            slots[i] = quad ^ 0x80808080;
        }
    }

    public override PackedPanel PackPanel(WeightMatrix w, int panel, int firstInput, int inputs, uint* scratch)
    {
        uint* source = Source(w, panel, firstInput);
        int* starts = (int*)scratch;
        int quadsPerGroup = w.GroupSize / Int8Layout.Quad;
        uint offset = 0x80808080;
        Vector256<int> offsets = TDot.Broadcast(&offset);
        for (int quad = 0, quads = Int8Layout.Quads(inputs); quad < quads; starts += TileColumns)
        {
            Vector256<int> left = Vector256<int>.Zero;
            Vector256<int> right = Vector256<int>.Zero;
            for (int end = Math.Min(quads, quad + quadsPerGroup); quad < end; quad++)
            {
                uint* columns = source + ((long)quad * Int8Layout.PanelRows);
                left = TDot.Add(left, TDot.Multiply(offsets, TDot.Load(columns), left));
                right = TDot.Add(right, TDot.Multiply(offsets, TDot.Load(columns + TDot.Lanes), right));
            }

            (-left).Store(starts);
            (-right).Store(starts + TDot.Lanes);
        }

        return new PackedPanel((nint)source, Int8Layout.PanelRows, (nint)scratch);
    }

    public override void Tile(in TileCall call, int rows) => Tiles<TDot, Vector256<int>>.Run(TileRows, call, rows);
}

/// <summary>Int8 products for any processor: the integers are held in f32, whose products and sums of them are exact.</summary>
internal sealed unsafe class IntegerProduct() : Int8Product(6, 2 * Vector<float>.Count)
{
    public override int Slots(int inputs) => Int8Layout.Quads(inputs) * Int8Layout.Quad;

    public override void ToSlots(int* steps, int quads, uint* slots)
    {
        for (int i = 0; i < quads * Int8Layout.Quad; i++)
        {
            ((float*)slots)[i] = steps[i];
        }
    }

    public override PackedPanel PackPanel(WeightMatrix w, int panel, int firstInput, int inputs, uint* scratch)
    {
        uint* source = Source(w, panel, firstInput);
        float* target = (float*)scratch;
        for (int quad = Int8Layout.Quads(inputs); quad > 0; quad--, source += Int8Layout.PanelRows, target += Int8Layout.Quad * TileColumns)
        {
            for (int column = 0; column < TileColumns; column++)
            {
                for (int i = 0; i < Int8Layout.Quad; i++)
                {
                    target[(i * TileColumns) + column] = ((sbyte*)(source + column))[i];
                }
            }
        }

        return new PackedPanel((nint)scratch, TileColumns, 0);
    }

    public override void Tile(in TileCall call, int rows) => Tiles<IntegerPortable, Vector<float>>.Run(TileRows, call, rows);
}
