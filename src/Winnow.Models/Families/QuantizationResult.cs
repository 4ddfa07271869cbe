namespace Winnow.Models.Families;

/// <summary>What <see cref="QuantizedFolder"/> wrote.</summary>
/// <param name="Matrices">Matrices that are int8 now.</param>
/// <param name="BytesBefore">Bytes of all tensors of the source.</param>
/// <param name="BytesAfter">Bytes of the file that was written.</param>
public sealed record QuantizationResult(int Matrices, long BytesBefore, long BytesAfter);
