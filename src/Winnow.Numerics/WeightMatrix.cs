namespace Winnow.Numerics;

/// <summary>
/// A weight matrix <c>w [Rows, Columns]</c> (outputs x inputs, the layout of a checkpoint's linear layer) in its stored type.
/// </summary>
/// <remarks>
/// The memory belongs to someone else (usually a mapped file), is never copied, and is converted only in the kernels' small
/// packing buffers. <see cref="WeightType.F32"/>, <see cref="WeightType.F16"/> and <see cref="WeightType.BF16"/> are row-major.
/// <see cref="WeightType.Int8"/> lies in panels so that every product streams it front to back; see <see cref="Int8Layout"/>.
/// </remarks>
public sealed unsafe class WeightMatrix
{
    // Keeps the memory behind Data and Scales alive for as long as this matrix is.
    private readonly object? _owner;

    private WeightMatrix(WeightType type, int rows, int columns, int groupSize, void* data, float* scales, object? owner)
    {
        Type = type;
        Rows = rows;
        Columns = columns;
        GroupSize = groupSize;
        Data = data;
        Scales = scales;
        _owner = owner;
    }

    /// <summary>Stored type of the elements.</summary>
    public WeightType Type { get; }

    /// <summary>Number of outputs.</summary>
    public int Rows { get; }

    /// <summary>Number of inputs.</summary>
    public int Columns { get; }

    /// <summary>Inputs that share one scale; 0 unless <see cref="Type"/> is <see cref="WeightType.Int8"/>.</summary>
    public int GroupSize { get; }

    /// <summary>First element; valid while this matrix is reachable.</summary>
    public void* Data { get; }

    /// <summary>First scale of an int8 matrix, otherwise null.</summary>
    public float* Scales { get; }

    /// <summary>Length of <see cref="Data"/> in bytes.</summary>
    public long DataBytes => Type switch
    {
        WeightType.F32 => 4L * Rows * Columns,
        WeightType.Int8 => Int8Layout.DataBytes(Rows, Columns),
        _ => 2L * Rows * Columns,
    };

    /// <summary>Number of floats at <see cref="Scales"/>.</summary>
    public long ScaleCount => Type == WeightType.Int8 ? Int8Layout.ScaleCount(Rows, Columns, GroupSize) : 0;

    /// <summary>Bytes that one product with this matrix reads: elements and scales.</summary>
    public long Bytes => DataBytes + (sizeof(float) * ScaleCount);

    /// <summary>A row-major matrix in memory that <paramref name="owner"/> keeps alive.</summary>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="rows">Outputs, at least 1.</param>
    /// <param name="columns">Inputs, at least 1.</param>
    /// <param name="data">First element of <paramref name="rows"/> x <paramref name="columns"/>; any alignment.</param>
    /// <param name="owner">Object that must stay reachable for the memory to stay valid; null when nothing needs to.</param>
    public static WeightMatrix FromMemory(WeightType type, int rows, int columns, void* data, object? owner)
    {
        CheckShape(rows, columns);
        ArgumentNullException.ThrowIfNull(data);
        if (type is not (WeightType.F32 or WeightType.F16 or WeightType.BF16))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Row-major weights are F32, F16 or BF16; int8 comes from FromInt8.");
        }

        return new WeightMatrix(type, rows, columns, 0, data, null, owner);
    }

    /// <summary>An int8 matrix that was quantised before, for instance one mapped from a quantised file.</summary>
    /// <param name="rows">Outputs, at least 1.</param>
    /// <param name="columns">Inputs, at least 1.</param>
    /// <param name="groupSize">Inputs per scale, as given to <see cref="Quantize"/>.</param>
    /// <param name="data">Panels of <see cref="Int8Layout.DataBytes"/> bytes.</param>
    /// <param name="scales">Scales of <see cref="Int8Layout.ScaleCount"/> floats, 4-byte aligned.</param>
    /// <param name="owner">Object that must stay reachable for the memory to stay valid; null when nothing needs to.</param>
    public static WeightMatrix FromInt8(int rows, int columns, int groupSize, void* data, float* scales, object? owner)
    {
        CheckShape(rows, columns);
        Int8Layout.CheckGroupSize(groupSize);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(scales);
        return new WeightMatrix(WeightType.Int8, rows, columns, groupSize, data, scales, owner);
    }

    /// <summary>Copies values into memory of the matrix's own.</summary>
    /// <param name="values">Row-major, <paramref name="rows"/> x <paramref name="columns"/>.</param>
    /// <param name="rows">Outputs, at least 1.</param>
    /// <param name="columns">Inputs, at least 1.</param>
    /// <param name="type">F32, or F16 / BF16, to which the values are rounded to nearest even.</param>
    public static WeightMatrix FromValues(ReadOnlySpan<float> values, int rows, int columns, WeightType type = WeightType.F32)
    {
        CheckShape(rows, columns);
        if (values.Length != (long)rows * columns)
        {
            throw new ArgumentException(
                $"values has {values.Length} elements; {rows} x {columns} needs {(long)rows * columns}.", nameof(values));
        }

        (nint memory, object owner) = WeightMemory.Take((long)values.Length * (type == WeightType.F32 ? 4 : 2));
        WeightMatrix matrix = FromMemory(type, rows, columns, (void*)memory, owner);
        switch (type)
        {
            case WeightType.F32:
                values.CopyTo(new Span<float>((void*)memory, values.Length));
                break;
            case WeightType.F16:
                Half* halves = (Half*)memory;
                for (int i = 0; i < values.Length; i++)
                {
                    halves[i] = (Half)values[i];
                }

                break;
            default:
                ushort* brains = (ushort*)memory;
                for (int i = 0; i < values.Length; i++)
                {
                    uint bits = BitConverter.SingleToUInt32Bits(values[i]);
                    brains[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
                }

                break;
        }

        return matrix;
    }

    /// <summary>
    /// Rounds each weight to a step of its group: <c>scale = max |w| / 127</c>, <c>step = round(w / scale)</c>, so that every weight
    /// is off by at most half a scale. The result lies in native memory of its own.
    /// </summary>
    /// <param name="compute">Threads to work on.</param>
    /// <param name="groupSize">Inputs per scale: a multiple of 4 from 16 to 1024. 128 costs little and keeps outliers apart.</param>
    /// <exception cref="InvalidOperationException">The matrix is int8 already.</exception>
    public WeightMatrix Quantize(Compute compute, int groupSize = 128)
    {
        ArgumentNullException.ThrowIfNull(compute);
        Int8Layout.CheckGroupSize(groupSize);
        if (Type == WeightType.Int8)
        {
            throw new InvalidOperationException("The matrix is int8 already; quantise the stored f32, f16 or bf16 weights.");
        }

        long dataBytes = Int8Layout.DataBytes(Rows, Columns);
        (nint memory, object owner) = WeightMemory.Take(
            dataBytes + (sizeof(float) * Int8Layout.ScaleCount(Rows, Columns, groupSize)));
        sbyte* data = (sbyte*)memory;
        WeightMatrix result = FromInt8(Rows, Columns, groupSize, data, (float*)(data + dataBytes), owner);
        Int8Layout.Quantize(compute, this, result);
        return result;
    }

    /// <summary>Copies one row, converted to f32: an embedding lookup.</summary>
    /// <param name="row">Row index, 0 to <see cref="Rows"/> - 1.</param>
    /// <param name="destination">Receives <see cref="Columns"/> values.</param>
    public void ReadRow(int row, Span<float> destination)
    {
        if ((uint)row >= (uint)Rows)
        {
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The matrix has rows 0 to {Rows - 1}.");
        }

        if (destination.Length != Columns)
        {
            throw new ArgumentException($"destination has {destination.Length} elements; a row has {Columns}.", nameof(destination));
        }

        fixed (float* target = destination)
        {
            ReadRow(row, target);
        }

        GC.KeepAlive(_owner);
    }

    /// <summary>As <see cref="ReadRow(int, Span{float})"/> for callers that have checked the arguments.</summary>
    internal void ReadRow(int row, float* target)
    {
        if (Type == WeightType.Int8)
        {
            Int8Layout.ReadRow(this, row, target);
            return;
        }

        int elementBytes = Type == WeightType.F32 ? 4 : 2;
        Conversion.ToSingle(Type, (byte*)Data + ((long)row * Columns * elementBytes), Columns, target);
    }

    private static void CheckShape(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
    }
}
