using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>
/// How a matrix of int8 steps stands in a safetensors file: for <c>NAME</c> the tensors <c>NAME.int8</c>, I8
/// <c>[panels * ceil(inputs / 4), 32, 4]</c>, and <c>NAME.int8_scales</c>, F32 <c>[panels * groups, 32]</c>, in the order of
/// <see cref="Int8Layout"/>, so that products read them where they lie. The file's metadata say how many inputs share a scale.
/// </summary>
internal static class Int8Tensors
{
    /// <summary>Key of the group size in the metadata.</summary>
    public const string GroupSizeKey = "winnow.int8_group_size";

    /// <summary>Whether so many inputs can share a scale.</summary>
    public static bool IsGroupSize(int size) => size is >= 16 and <= 1024 && size % Int8Layout.Quad == 0;

    /// <summary>Name of the steps of a matrix.</summary>
    public static string Steps(string name) => $"{name}.int8";

    /// <summary>Name of the scales of a matrix.</summary>
    public static string Scales(string name) => $"{name}.int8_scales";

    /// <summary>Shape of the steps.</summary>
    public static int[] StepShape(int rows, int columns) =>
        [(int)(Int8Layout.DataBytes(rows, columns) / (Int8Layout.PanelRows * Int8Layout.Quad)), Int8Layout.PanelRows, Int8Layout.Quad];

    /// <summary>Shape of the scales.</summary>
    public static int[] ScaleShape(int rows, int columns, int groupSize) =>
        [(int)(Int8Layout.ScaleCount(rows, columns, groupSize) / Int8Layout.PanelRows), Int8Layout.PanelRows];

    /// <summary>The matrix that two mapped tensors hold.</summary>
    /// <param name="file">Where they lie.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="scales">The scales.</param>
    /// <param name="rows">Outputs that the config asks for.</param>
    /// <param name="columns">Inputs that the config asks for.</param>
    /// <exception cref="WinnowException">The tensors are of another type, or of another matrix or group size.</exception>
    public static unsafe WeightMatrix Map(SafeTensorsFile file, TensorEntry steps, TensorEntry scales, int rows, int columns)
    {
        int groupSize = GroupSize(file);
        if (steps.Type != TensorType.I8 || steps.ByteCount != Int8Layout.DataBytes(rows, columns))
            throw new WinnowException($"The tensor {steps} of {file.Path} does not hold the int8 steps of a matrix of {rows} x {columns}.");
        if (scales.Type != TensorType.F32 || scales.Count != Int8Layout.ScaleCount(rows, columns, groupSize))
            throw new WinnowException(
                $"The tensor {scales} of {file.Path} does not hold the scales of a matrix of {rows} x {columns} in groups of {groupSize}.");
        nint scaleAddress = file.AddressOf(scales.Name);
        if (scaleAddress % sizeof(float) != 0)
            throw new WinnowException($"The tensor {scales} of {file.Path} is not aligned; write the folder again with winnow quantize.");
        return WeightMatrix.FromInt8(rows, columns, groupSize, (void*)file.AddressOf(steps.Name), (float*)scaleAddress, file);
    }

    private static int GroupSize(SafeTensorsFile file)
    {
        if (file.Metadata.TryGetValue(GroupSizeKey, out string? text) && int.TryParse(text, out int size)
            && IsGroupSize(size))
            return size;
        throw new WinnowException(
            $"The metadata of {file.Path} say {text ?? "nothing"} for {GroupSizeKey}; it must be a multiple of 4 from 16 to 1024.");
    }
}
