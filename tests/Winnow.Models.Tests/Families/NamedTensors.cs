using Winnow.Models.Tests.Weights;
using Winnow.Models.Weights;

namespace Winnow.Models.Tests.Families;

/// <summary>The tensors of a checkpoint folder, to be written again under other names.</summary>
internal static class NamedTensors
{
    /// <summary>Every tensor of a folder's weight files, as stored.</summary>
    public static unsafe List<(string Name, string Type, int[] Shape, byte[] Data)> Read(string folder)
    {
        var tensors = new List<(string, string, int[], byte[])>();
        foreach (string path in Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal))
        {
            using var file = SafeTensorsFile.Open(path);
            foreach (TensorEntry entry in file.Entries.Values)
            {
                byte[] data = new ReadOnlySpan<byte>((void*)file.AddressOf(entry.Name), (int)entry.ByteCount).ToArray();
                tensors.Add((entry.Name, $"{entry.Type}", [.. entry.Shape], data));
            }
        }
        return tensors;
    }

    /// <summary>Writes a folder with the same config and the tensors under other names.</summary>
    public static void Rewrite(string source, TemporaryFolder target, Func<string, string?> rename)
    {
        File.Copy(Path.Combine(source, "config.json"), target.File("config.json"));
        SafeTensorsWriter.Write(target.File("model.safetensors"),
            from tensor in Read(source)
            let name = rename(tensor.Name)
            where name is not null
            select (name, tensor.Type, tensor.Shape, tensor.Data));
    }
}
