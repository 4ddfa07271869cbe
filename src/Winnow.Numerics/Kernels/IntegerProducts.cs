using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Numerics.Kernels;

/// <summary>What the int8 products share: activations are rounded row by row, then their slots are transposed into tiles.</summary>
internal abstract unsafe class Int8Product(int tileRows, int tileColumns) : ProductKernel(tileRows, tileColumns)
{
    public override long PackScratchBytes(int inputs) =>
        sizeof(int) * (long)((Int8Layout.Quads(inputs) * Int8Layout.Quad) + (TileRows * Slots(inputs)));

    public override void PackRows(
        float* x, int step, int rows, int inputs, int groupSize, uint* packed, float* scales, void* scratch)
    {
        int slots = Slots(inputs);
        int* steps = (int*)scratch;
        uint* rowSlots = (uint*)(steps + (Int8Layout.Quads(inputs) * Int8Layout.Quad));
        if (rows < TileRows)
        {
            NativeMemory.Clear(packed, (nuint)slots * (nuint)TileRows * sizeof(uint));
            NativeMemory.Clear(scales, (nuint)Int8Layout.Groups(inputs, groupSize) * (nuint)TileRows * sizeof(float));
        }

        for (int row = 0; row < rows; row++)
        {
            QuantizeRow(x + ((long)row * step), inputs, groupSize, rowSlots + ((long)row * slots), scales + row, TileRows, steps);
        }

        Transpose.Run(rowSlots, slots, rows, slots, packed, TileRows);
    }

    /// <summary>
    /// Rounds one group of a row straight to slots; <paramref name="steps"/> is scratch, zero from <paramref name="count"/> to the
    /// next quad.
    /// </summary>
    protected virtual void RoundToSlots(float* x, int count, float inverse, int* steps, uint* slots)
    {
        ActivationQuantizer.Round(x, count, inverse, steps);
        ToSlots(steps, Int8Layout.Quads(count), slots);
    }

    /// <summary>Turns groups of four steps into slots.</summary>
    protected abstract void ToSlots(int* steps, int quads, uint* slots);

    /// <summary>
    /// One row of activations times a panel of <see cref="Int8Layout.PanelRows"/> outputs as stored:
    /// <c>sums[output] = sum over groups of scales[group] weightScales[group][output] (steps . weights)</c>.
    /// </summary>
    /// <param name="panel">The panel.</param>
    /// <param name="quads">Its quads; the last group may be short.</param>
    /// <param name="quadsPerGroup">Quads that share a scale.</param>
    /// <param name="slots">The row as <see cref="QuantizeRow"/> left it.</param>
    /// <param name="scales">Its scales, side by side.</param>
    /// <param name="weightScales">The panel's scales.</param>
    /// <param name="sums">Receives one value for each output.</param>
    public abstract void MultiplyPanel(
        uint* panel, int quads, int quadsPerGroup, uint* slots, float* scales, float* weightScales, float* sums);

    /// <summary>Rounds one row of activations to slots and scales, for <see cref="MultiplyPanel"/>.</summary>
    /// <param name="x">The row.</param>
    /// <param name="inputs">Its width.</param>
    /// <param name="groupSize">Inputs per scale.</param>
    /// <param name="slots">Receives <see cref="ProductKernel.Slots"/> slots.</param>
    /// <param name="scales">Receives one scale per group, <paramref name="scaleStep"/> apart.</param>
    /// <param name="scaleStep">Elements from one scale to the next.</param>
    /// <param name="steps">Scratch for the width of the row, rounded up to 4.</param>
    public void QuantizeRow(float* x, int inputs, int groupSize, uint* slots, float* scales, int scaleStep, int* steps)
    {
        new Span<int>(steps + inputs, (Int8Layout.Quads(inputs) * Int8Layout.Quad) - inputs).Clear();
        for (int start = 0, group = 0; start < inputs; start += groupSize, group++)
        {
            int count = Math.Min(groupSize, inputs - start);
            float largest = ActivationQuantizer.LargestMagnitude(x + start, count);
            scales[group * scaleStep] = largest / Int8Layout.MaxStep;
            float inverse = largest > 0 ? Int8Layout.MaxStep / largest : 0;
            RoundToSlots(x + start, count, inverse, steps + start, slots + Slots(start));
        }
    }

    /// <summary>
    /// Asks for a byte four pages ahead, once a group, which with the usual 128 inputs is a page: the processor's own prefetching stops at
    /// every page, and on a virtual machine finding the next one takes longer than reading it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static void AskForPage(uint* panel) => Sse.Prefetch1(panel + 4096);

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

    protected override void RoundToSlots(float* x, int count, float inverse, int* steps, uint* slots)
    {
        Vector256<float> factor = Vector256.Create(inverse);

        // Within each quad of 16-bit steps: 0, 2, 1, 3.
        Vector256<byte> order = Vector256.Create(
            (byte)0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15, 0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15);
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<int> low = Avx.ConvertToVector256Int32(Vector256.Load(x + i) * factor);
            Vector256<int> high = Avx.ConvertToVector256Int32(Vector256.Load(x + i + 8) * factor);
            Vector256<byte> halves = Avx2.Shuffle(Avx2.PackSignedSaturate(low, high).AsByte(), order);
            Avx2.Permute4x64(halves.AsUInt64(), 0b11_01_10_00).AsUInt32().Store(slots + (i / 2));
        }

        base.RoundToSlots(x + i, count - i, inverse, steps + i, slots + (i / 2));
    }

    protected override void ToSlots(int* steps, int quads, uint* slots)
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

    public override void MultiplyPanel(
        uint* panel, int quads, int quadsPerGroup, uint* slots, float* scales, float* weightScales, float* sums)
    {
        Vector256<float> sumA = Vector256<float>.Zero, sumB = sumA, sumC = sumA, sumD = sumA;
        for (; quads > 0; quads -= quadsPerGroup, scales++, weightScales += Int8Layout.PanelRows)
        {
            AskForPage(panel);

            // 256-bit registers on purpose: the loop waits for memory, and with AVX-512 too they keep all four pipes of Zen 4 fed.
            Vector256<int> a = Vector256<int>.Zero, b = a, c = a, d = a;
            for (int left = Math.Min(quads, quadsPerGroup); left > 0; left--, panel += Int8Layout.PanelRows, slots += 2)
            {
                Vector256<short> even = Vector256.Create((int)slots[0]).AsInt16();
                Vector256<short> odd = Vector256.Create((int)slots[1]).AsInt16();
                a = AddQuad(a, Vector256.Load(panel), even, odd);
                b = AddQuad(b, Vector256.Load(panel + 8), even, odd);
                c = AddQuad(c, Vector256.Load(panel + 16), even, odd);
                d = AddQuad(d, Vector256.Load(panel + 24), even, odd);
            }

            sumA = Scaling256.Add(sumA, a, scales, weightScales);
            sumB = Scaling256.Add(sumB, b, scales, weightScales + 8);
            sumC = Scaling256.Add(sumC, c, scales, weightScales + 16);
            sumD = Scaling256.Add(sumD, d, scales, weightScales + 24);
        }

        sumA.Store(sums);
        sumB.Store(sums + 8);
        sumC.Store(sums + 16);
        sumD.Store(sums + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> AddQuad(Vector256<int> sum, Vector256<uint> weights, Vector256<short> even, Vector256<short> odd)
    {
        Vector256<short> bytes = weights.AsInt16();
        Vector256<short> low = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(bytes, 8), 8);
        Vector256<short> high = Vector256.ShiftRightArithmetic(bytes, 8);
        return sum + Avx2.MultiplyAddAdjacent(low, even) + Avx2.MultiplyAddAdjacent(high, odd);
    }
}

/// <summary>Int8 products through AVX-VNNI, which reads the stored panels as they are.</summary>
/// <typeparam name="TDot"><see cref="Byte256"/>, or its emulation in tests.</typeparam>
internal sealed unsafe class ByteProduct<TDot>() : Int8Product(6, 16)
    where TDot : struct, IDot<Vector256<int>>
{
    public override int Slots(int inputs) => Int8Layout.Quads(inputs);

    protected override void RoundToSlots(float* x, int count, float inverse, int* steps, uint* slots)
    {
        Vector256<float> factor = Vector256.Create(inverse);
        Vector256<uint> offset = Vector256.Create(0x80808080);

        // Packing works within halves: the quads come out as 0, 2, 4, 6, 1, 3, 5, 7.
        Vector256<int> order = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
        int i = 0;
        for (; i <= count - 32; i += 32)
        {
            Vector256<int> a = Avx.ConvertToVector256Int32(Vector256.Load(x + i) * factor);
            Vector256<int> b = Avx.ConvertToVector256Int32(Vector256.Load(x + i + 8) * factor);
            Vector256<int> c = Avx.ConvertToVector256Int32(Vector256.Load(x + i + 16) * factor);
            Vector256<int> d = Avx.ConvertToVector256Int32(Vector256.Load(x + i + 24) * factor);
            Vector256<sbyte> bytes = Avx2.PackSignedSaturate(Avx2.PackSignedSaturate(a, b), Avx2.PackSignedSaturate(c, d));
            (Avx2.PermuteVar8x32(bytes.AsInt32(), order).AsUInt32() ^ offset).Store(slots + (i / Int8Layout.Quad));
        }

        base.RoundToSlots(x + i, count - i, inverse, steps + i, slots + (i / Int8Layout.Quad));
    }

    protected override void ToSlots(int* steps, int quads, uint* slots)
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

    public override void MultiplyPanel(
        uint* panel, int quads, int quadsPerGroup, uint* slots, float* scales, float* weightScales, float* sums)
    {
        // Here the weights take the offset instead: then one product per quad undoes it for all outputs, where the weights' own sums
        // would cost as many products as the result.
        Vector256<int> offset = Vector256.Create(unchecked((int)0x80808080));
        Vector256<float> sumA = Vector256<float>.Zero, sumB = sumA, sumC = sumA, sumD = sumA;
        for (; quads > 0; quads -= quadsPerGroup, scales++, weightScales += Int8Layout.PanelRows)
        {
            AskForPage(panel);
            Vector256<int> a = Vector256<int>.Zero, b = a, c = a, d = a, excess = a;
            for (int left = Math.Min(quads, quadsPerGroup); left > 0; left--, panel += Int8Layout.PanelRows, slots++)
            {
                Vector256<int> x = TDot.Broadcast(slots) ^ offset;
                excess = Add(excess, offset, x);
                a = Add(a, TDot.Load(panel) ^ offset, x);
                b = Add(b, TDot.Load(panel + 8) ^ offset, x);
                c = Add(c, TDot.Load(panel + 16) ^ offset, x);
                d = Add(d, TDot.Load(panel + 24) ^ offset, x);
            }

            sumA = Scaling256.Add(sumA, a - excess, scales, weightScales);
            sumB = Scaling256.Add(sumB, b - excess, scales, weightScales + 8);
            sumC = Scaling256.Add(sumC, c - excess, scales, weightScales + 16);
            sumD = Scaling256.Add(sumD, d - excess, scales, weightScales + 24);
        }

        sumA.Store(sums);
        sumB.Store(sums + 8);
        sumC.Store(sums + 16);
        sumD.Store(sums + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add(Vector256<int> sum, Vector256<int> unsignedBytes, Vector256<int> signedBytes) =>
        TDot.Add(sum, TDot.Multiply(unsignedBytes, signedBytes, sum));
}

/// <summary>Int8 products for any processor: the integers are held in f32, whose products and sums of them are exact.</summary>
internal sealed unsafe class IntegerProduct() : Int8Product(6, 2 * Vector<float>.Count)
{
    public override int Slots(int inputs) => Int8Layout.Quads(inputs) * Int8Layout.Quad;

    protected override void ToSlots(int* steps, int quads, uint* slots)
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

    public override void MultiplyPanel(
        uint* panel, int quads, int quadsPerGroup, uint* slots, float* scales, float* weightScales, float* sums)
    {
        new Span<float>(sums, Int8Layout.PanelRows).Clear();
        for (; quads > 0; quads -= quadsPerGroup, scales++, weightScales += Int8Layout.PanelRows)
        {
            int count = Math.Min(quads, quadsPerGroup);
            for (int output = 0; output < Int8Layout.PanelRows; output += Vector<int>.Count)
            {
                Vector<int> sum = Vector<int>.Zero;
                for (int quad = 0; quad < count; quad++)
                {
                    Vector<int> lanes = Vector.Load((int*)panel + (quad * Int8Layout.PanelRows) + output);
                    float* x = (float*)slots + (quad * Int8Layout.Quad);
                    sum += Vector.ShiftRightArithmetic(Vector.ShiftLeft(lanes, 24), 24) * (int)x[0];
                    sum += Vector.ShiftRightArithmetic(Vector.ShiftLeft(lanes, 16), 24) * (int)x[1];
                    sum += Vector.ShiftRightArithmetic(Vector.ShiftLeft(lanes, 8), 24) * (int)x[2];
                    sum += Vector.ShiftRightArithmetic(lanes, 24) * (int)x[3];
                }

                IntegerPortable.Finish(Vector.ConvertToSingle(sum), sums + output, false, scales, Vector.Load(weightScales + output));
            }

            panel += count * Int8Layout.PanelRows;
            slots += count * Int8Layout.Quad;
        }
    }
}
