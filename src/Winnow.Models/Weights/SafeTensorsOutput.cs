using System.Buffers.Binary;
using System.Text.Json;

namespace Winnow.Models.Weights;

/// <summary>A safetensors file to be written: first every tensor is announced, then all are written in that order.</summary>
internal sealed class SafeTensorsOutput
{
    // Tensors of whole cache lines stay aligned to them when the data start at one.
    private const int Alignment = 64;
    private readonly Dictionary<string, object> _header = [];
    private readonly List<Action<Stream>> _writers = [];
    private long _length;

    /// <summary>Takes the free text of the header.</summary>
    public SafeTensorsOutput(IReadOnlyDictionary<string, string> metadata) => _header.Add("__metadata__", metadata);

    /// <summary>Announces the next tensor.</summary>
    /// <param name="name">Name in the file.</param>
    /// <param name="type">Type of the values.</param>
    /// <param name="shape">Sides, slowest first.</param>
    /// <param name="write">Writes the bytes when its turn has come.</param>
    public void Add(string name, TensorType type, IReadOnlyList<int> shape, Action<Stream> write)
    {
        long bytes = shape.Aggregate((long)TensorEntry.SizeOf(type), (product, side) => product * side);
        _header.Add(name, new { dtype = type.ToString().ToUpperInvariant(), shape, data_offsets = new[] { _length, _length + bytes } });
        _writers.Add(write);
        _length += bytes;
    }

    /// <summary>Writes header and tensors. A file of that name appears only when it is complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path, CancellationToken cancellation)
    {
        string unfinished = path + ".part";
        try
        {
            using (FileStream stream = File.Create(unfinished))
            {
                WriteHeader(stream);
                foreach (Action<Stream> write in _writers)
                {
                    cancellation.ThrowIfCancellationRequested();
                    write(stream);
                }
            }
            File.Move(unfinished, path);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private void WriteHeader(Stream stream)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(_header);
        int padded = (sizeof(ulong) + json.Length + Alignment - 1) / Alignment * Alignment - sizeof(ulong);
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)padded);
        stream.Write(prefix);
        stream.Write(json);
        Span<byte> padding = stackalloc byte[Alignment];
        padding.Fill((byte)' ');
        stream.Write(padding[..(padded - json.Length)]);
    }
}
