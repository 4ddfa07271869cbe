using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Winnow.Models.Tests.Weights;

/// <summary>Writes safetensors files, valid and not.</summary>
internal static class SafeTensorsWriter
{
    /// <summary>Writes tensors one after another.</summary>
    public static void Write(string path, IEnumerable<(string Name, string Type, int[] Shape, byte[] Data)> tensors)
    {
        var header = new Dictionary<string, object>();
        using var data = new MemoryStream();
        foreach ((string name, string type, int[] shape, byte[] bytes) in tensors)
        {
            header.Add(name, new { dtype = type, shape, data_offsets = new[] { data.Length, data.Length + bytes.Length } });
            data.Write(bytes);
        }
        WriteRaw(path, JsonSerializer.Serialize(header), data.ToArray());
    }

    /// <summary>Writes a header as it is, true or false, and the data after it.</summary>
    public static void WriteRaw(string path, string header, byte[] data, ulong? claimedLength = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, claimedLength ?? (ulong)text.Length);
        File.WriteAllBytes(path, [.. prefix, .. text, .. data]);
    }
}
