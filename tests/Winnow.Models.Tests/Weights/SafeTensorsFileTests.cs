using System.Runtime.InteropServices;
using Winnow.Models.Weights;

namespace Winnow.Models.Tests.Weights;

public sealed class SafeTensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadFloats_of_every_float_type_gives_the_same_exact_values()
    {
        // Values that all four encodings hold exactly, so equality is exact.
        float[] values = [0f, 1f, -2.5f, 0.125f, 96f, -0f];
        byte[] brain = [.. values.SelectMany(value => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))];
        string path = _folder.File("floats.safetensors");
        SafeTensorsWriter.Write(path,
        [
            ("f32", "F32", [2, 3], Bytes(values)),
            ("odd", "U8", [1], [7]),
            ("f16", "F16", [2, 3], Bytes(Array.ConvertAll(values, value => (Half)value))),
            ("bf16", "BF16", [2, 3], brain),
            ("f64", "F64", [2, 3], Bytes(Array.ConvertAll(values, value => (double)value))),
        ]);
        using var file = SafeTensorsFile.Open(path);
        foreach (string name in new[] { "f32", "f16", "bf16", "f64" })
            Assert.Equal(values, file.ReadFloats(name));
        Assert.Equal([2, 3], file["bf16"].Shape);
        Assert.Equal(6, file["bf16"].Count);
    }

    [Fact]
    public void Integers_bytes_and_truth_values_are_read_by_type()
    {
        string path = _folder.File("whole.safetensors");
        SafeTensorsWriter.Write(path,
        [
            ("i64", "I64", [2], Bytes<long>([-1, long.MaxValue])),
            ("i32", "I32", [2], Bytes([-3, 4])),
            ("u8", "U8", [3], [0, 128, 255]),
            ("bool", "BOOL", [2, 1], [1, 0]),
            ("scalar", "I64", [], Bytes<long>([5])),
            ("empty", "F32", [0, 4], []),
        ]);
        using var file = SafeTensorsFile.Open(path);
        Assert.Equal([-1L, long.MaxValue], file.ReadInt64s("i64"));
        Assert.Equal([-3L, 4L], file.ReadInt64s("i32"));
        Assert.Equal([0L, 128L, 255L], file.ReadInt64s("u8"));
        Assert.Equal(new byte[] { 0, 128, 255 }, file.ReadBytes("u8"));
        Assert.Equal([true, false], file.ReadBools("bool"));
        Assert.Equal([5L], file.ReadInt64s("scalar"));
        Assert.Empty(file.ReadFloats("empty"));
    }

    [Theory]
    [InlineData("bool", "bytes")]
    [InlineData("f32", "bytes")]
    public void Reading_as_another_type_names_the_tensor(string name, string expected)
    {
        string path = _folder.File("types.safetensors");
        SafeTensorsWriter.Write(path, [("bool", "BOOL", [1], [1]), ("f32", "F32", [1], Bytes([1f]))]);
        using var file = SafeTensorsFile.Open(path);
        var error = Assert.Throws<WinnowException>(() => file.ReadBytes(name));
        Assert.Contains(name, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void ReadInt32s_of_a_larger_number_says_the_number()
    {
        string path = _folder.File("large.safetensors");
        SafeTensorsWriter.Write(path, [("big", "I64", [1], Bytes([1L << 40]))]);
        using var file = SafeTensorsFile.Open(path);
        Assert.Contains("1099511627776", Assert.Throws<WinnowException>(() => file.ReadInt32s("big")).Message);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "needs 12 bytes, but has 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}""", 8, "data_offsets [8, 4]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 8, "data_offsets [-4, 0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 8, "side -1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}}""", 8, "too large")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 8, "F8_E4M3")]
    [InlineData("""{"a":{"shape":[4],"data_offsets":[0,4]}}""", 8, "lacks dtype")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}""",
        8, "a and b share bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
        8, "named twice")]
    [InlineData("""[1]""", 0, "no JSON object")]
    [InlineData("""{"a":""", 0, "no JSON")]
    public void Open_of_a_contradicting_header_says_what_is_wrong(string header, int dataLength, string expected)
    {
        string path = _folder.File("bad.safetensors");
        SafeTensorsWriter.WriteRaw(path, header, new byte[dataLength]);
        var error = Assert.Throws<WinnowException>(() => SafeTensorsFile.Open(path));
        Assert.Contains(expected, error.Message);
        Assert.Contains("bad.safetensors", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(1_000UL)]
    [InlineData(ulong.MaxValue)]
    public void Open_of_a_header_longer_than_the_file_says_its_length(ulong claimed)
    {
        string path = _folder.File("long.safetensors");
        SafeTensorsWriter.WriteRaw(path, "{}", [], claimed);
        Assert.Contains($"{claimed}", Assert.Throws<WinnowException>(() => SafeTensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_of_an_empty_or_missing_file_is_an_error_of_one_line()
    {
        string empty = _folder.File("empty.safetensors");
        File.WriteAllBytes(empty, []);
        Assert.Contains("0 bytes", Assert.Throws<WinnowException>(() => SafeTensorsFile.Open(empty)).Message);
        string missing = _folder.File("missing.safetensors");
        Assert.Contains("missing.safetensors", Assert.Throws<WinnowException>(() => SafeTensorsFile.Open(missing)).Message);
    }

    [Fact]
    public void Metadata_and_values_of_a_recording_are_read()
    {
        using var file = SafeTensorsFile.Open(Winnow.Tests.Repository.Path("tests/goldens/models/llava-onevision/a/forward.safetensors"));
        Assert.Equal("llava-onevision", file.Metadata["model"]);
        Assert.Equal([5, 3, 48, 48], file["pixel_values"].Shape);
        Assert.Equal(54, file.ReadInt32s("input_ids").Length);
        Assert.Contains("no tensor nothing", Assert.Throws<WinnowException>(() => file["nothing"]).Message);
    }

    private static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
