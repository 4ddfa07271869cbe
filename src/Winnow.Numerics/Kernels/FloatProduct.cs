using System.Runtime.InteropServices;

namespace Winnow.Numerics.Kernels;

/// <summary>Products in f32; stored f16 and bf16 weights are converted while they are packed.</summary>
/// <param name="tileRows">12 where there are 32 registers, 6 where there are 16.</param>
/// <typeparam name="TDot">The arithmetic.</typeparam>
/// <typeparam name="TVector">Its register.</typeparam>
internal sealed unsafe class FloatProduct<TDot, TVector>(int tileRows) : ProductKernel(tileRows, 2 * TDot.Lanes)
    where TDot : struct, IDot<TVector>
    where TVector : struct
{
    public override int Slots(int inputs) => inputs;

    public override long PackScratchBytes(int inputs) => 0;

    public override void PackRows(
        float* x, int step, int rows, int inputs, int groupSize, uint* packed, float* scales, void* scratch)
    {
        if (rows < TileRows)
        {
            NativeMemory.Clear(packed, (nuint)inputs * (nuint)TileRows * sizeof(float));
        }

        Transpose.Run((uint*)x, step, rows, inputs, packed, TileRows);
    }

    public override PackedPanel PackPanel(WeightMatrix w, int panel, int firstInput, int inputs, uint* scratch)
    {
        int first = panel * TileColumns;
        int columns = Math.Min(TileColumns, w.Rows - first);
        if (columns < TileColumns)
        {
            NativeMemory.Clear(scratch, (nuint)inputs * (nuint)TileColumns * sizeof(float));
        }

        PackedPanel packed = new((nint)scratch, TileColumns, 0);
        if (w.Type == WeightType.F32)
        {
            float* source = (float*)w.Data + ((long)first * w.Columns) + firstInput;
            Transpose.Run((uint*)source, w.Columns, columns, inputs, scratch, TileColumns);
            return packed;
        }

        // Four rows at a time, so that the converted values are still in the first-level cache when they are transposed.
        float* converted = (float*)(scratch + ((long)inputs * TileColumns));
        for (int column = 0; column < columns; column += 4)
        {
            int count = Math.Min(4, columns - column);
            for (int i = 0; i < count; i++)
            {
                ushort* source = (ushort*)w.Data + ((long)(first + column + i) * w.Columns) + firstInput;
                Conversion.ToSingle(w.Type, source, inputs, converted + ((long)i * inputs));
            }

            Transpose.Run((uint*)converted, inputs, count, inputs, scratch + column, TileColumns);
        }

        return packed;
    }

    public override void Tile(in TileCall call, int rows) => Tiles<TDot, TVector>.Run(TileRows, call, rows);
}
