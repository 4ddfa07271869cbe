using System.Text;

namespace Winnow.Evaluation.Parquet;

/// <summary>A struct of Thrift's compact protocol with fields by number; a missing field is as good as its default.</summary>
internal sealed class ThriftStruct
{
    private readonly Dictionary<int, object> _fields = [];

    public void Set(int field, object value) => _fields[field] = value;

    public long? Integer(int field) => _fields.GetValueOrDefault(field) as long?;

    public bool? Flag(int field) => _fields.GetValueOrDefault(field) as bool?;

    public string Text(int field) => Encoding.UTF8.GetString(_fields.GetValueOrDefault(field) as byte[] ?? []);

    public ThriftStruct? Struct(int field) => _fields.GetValueOrDefault(field) as ThriftStruct;

    public IReadOnlyList<object> List(int field) => _fields.GetValueOrDefault(field) as List<object> ?? [];
}
