namespace Winnow.Numerics;

/// <summary>
/// How int8 weights lie in memory, the same for every instruction set and in quantised files.
/// </summary>
/// <remarks>
/// <para>
/// Rows (outputs) are taken <see cref="PanelRows"/> at a time. A panel holds, for each run of <see cref="Quad"/> = 4 inputs,
/// the 4 steps of its first row, then of its second, and so on: <c>data[panel][input / 4][row in panel][input % 4]</c>.
/// Missing rows and inputs are zero. Four inputs of one output fill a 32-bit lane, which is what the byte dot product of AVX-VNNI
/// eats, and two shifts turn such a lane into two pairs of 16-bit values for <c>vpmaddwd</c>.
/// </para>
/// <para>Scales lie as <c>scales[panel][input / groupSize][row in panel]</c>; the last group may be short.</para>
/// </remarks>
public static unsafe class Int8Layout
{
    /// <summary>Rows (outputs) per panel.</summary>
    public const int PanelRows = 32;

    /// <summary>Neighbouring inputs of one row that lie together.</summary>
    public const int Quad = 4;

    /// <summary>Largest magnitude of a step. -128 is not used, so that a step can be negated.</summary>
    public const int MaxStep = 127;

    /// <summary>Bytes of the steps of a matrix, padding included.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    public static long DataBytes(int rows, int columns) => (long)Panels(rows) * PanelBytes(columns);

    /// <summary>Number of scales of a matrix, padding included.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="groupSize">Inputs per scale.</param>
    public static long ScaleCount(int rows, int columns, int groupSize) =>
        (long)Panels(rows) * Groups(columns, groupSize) * PanelRows;

    internal static int Panels(int rows) => (rows + PanelRows - 1) / PanelRows;

    internal static int Quads(int columns) => (columns + Quad - 1) / Quad;

    internal static int Groups(int columns, int groupSize) => (columns + groupSize - 1) / groupSize;

    internal static long PanelBytes(int columns) => (long)Quads(columns) * PanelRows * Quad;

    internal static void CheckGroupSize(int groupSize)
    {
        if (groupSize is < 16 or > 1024 || groupSize % Quad != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(groupSize), groupSize, "groupSize must be a multiple of 4 from 16 to 1024.");
        }
    }

    internal static void Quantize(Compute compute, WeightMatrix source, WeightMatrix destination)
    {
        compute.For(Panels(source.Rows), panel =>
        {
            using AlignedBuffer row = new((long)source.Columns * sizeof(float));
            float* values = (float*)row.Pointer;
            sbyte* data = (sbyte*)destination.Data + (panel * PanelBytes(source.Columns));
            float* scales = destination.Scales + ((long)panel * Groups(source.Columns, destination.GroupSize) * PanelRows);
            new Span<byte>(data, (int)PanelBytes(source.Columns)).Clear();
            for (int r = 0; r < PanelRows; r++)
            {
                int index = (panel * PanelRows) + r;
                if (index < source.Rows)
                {
                    source.ReadRow(index, values);
                    QuantizeRow(values, source.Columns, destination.GroupSize, data + (r * Quad), scales + r);
                }
                else
                {
                    ClearScales(scales + r, Groups(source.Columns, destination.GroupSize));
                }
            }
        });
        GC.KeepAlive(source);
        GC.KeepAlive(destination);
    }

    internal static void ReadRow(WeightMatrix matrix, int row, float* target)
    {
        int panel = row / PanelRows;
        int inPanel = row % PanelRows;
        sbyte* data = (sbyte*)matrix.Data + (panel * PanelBytes(matrix.Columns)) + (inPanel * Quad);
        float* scales = matrix.Scales + ((long)panel * Groups(matrix.Columns, matrix.GroupSize) * PanelRows) + inPanel;
        for (int k = 0; k < matrix.Columns; k++)
        {
            float scale = scales[k / matrix.GroupSize * PanelRows];
            target[k] = scale * data[((long)(k / Quad) * PanelRows * Quad) + (k % Quad)];
        }
    }

    private static void QuantizeRow(float* values, int columns, int groupSize, sbyte* data, float* scales)
    {
        for (int start = 0, group = 0; start < columns; start += groupSize, group++)
        {
            int end = Math.Min(start + groupSize, columns);
            float largest = 0;
            for (int k = start; k < end; k++)
            {
                largest = Math.Max(largest, Math.Abs(values[k]));
            }

            float scale = largest / MaxStep;
            float inverse = scale > 0 ? 1 / scale : 0;
            scales[group * PanelRows] = scale;
            for (int k = start; k < end; k++)
            {
                float step = Math.Clamp(MathF.Round(values[k] * inverse), -MaxStep, MaxStep);
                data[((long)(k / Quad) * PanelRows * Quad) + (k % Quad)] = (sbyte)step;
            }
        }
    }

    private static void ClearScales(float* scales, int groups)
    {
        for (int group = 0; group < groups; group++)
        {
            scales[group * PanelRows] = 0;
        }
    }
}
