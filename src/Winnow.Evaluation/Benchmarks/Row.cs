using System.Globalization;
using System.Text.Json;

namespace Winnow.Evaluation.Benchmarks;

/// <summary>One row of a data file, with typed access that says where it stands when a field is missing or of another type.</summary>
/// <param name="Fields">The row as a JSON object; rows of CSV files hold text only.</param>
/// <param name="Where">File and row, for messages.</param>
internal sealed record Row(JsonElement Fields, string Where)
{
    public bool Has(string name) => Fields.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public string Text(string name) => TextOrNull(name) ?? throw Missing(name, "text");

    /// <summary>The field as text; numbers as they are written. Null where it is absent.</summary>
    public string? TextOrNull(string name)
    {
        if (!Has(name))
            return null;
        JsonElement value = Fields.GetProperty(name);
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => throw Missing(name, "text"),
        };
    }

    public int Integer(string name) => IntegerOrNull(name) ?? throw Missing(name, "a whole number");

    /// <summary>A whole number, also one that is written as text; null where the field is absent.</summary>
    public int? IntegerOrNull(string name)
    {
        if (!Has(name))
            return null;
        JsonElement value = Fields.GetProperty(name);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number))
            return number;
        if (value.ValueKind == JsonValueKind.String
            && int.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
            return number;
        throw Missing(name, "a whole number");
    }

    public double Number(string name) => NumberOrNull(name) ?? throw Missing(name, "a number");

    public double? NumberOrNull(string name)
    {
        if (!Has(name))
            return null;
        JsonElement value = Fields.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Missing(name, "a number");
    }

    public string[] Texts(string name)
    {
        if (!Has(name) || Fields.GetProperty(name) is not { ValueKind: JsonValueKind.Array } list)
            throw Missing(name, "a list of texts");
        return [.. list.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Missing(name, "a list of texts"))];
    }

    public WinnowException Wrong(string what) => new($"{Where}: {what}");

    private WinnowException Missing(string name, string type) => Wrong(Has(name)
        ? $"the field \"{name}\" is {Fields.GetProperty(name).GetRawText()}; it must be {type}."
        : $"the field \"{name}\" is missing; it must be {type}. "
            + $"The row has {string.Join(", ", Fields.EnumerateObject().Select(field => field.Name))}.");
}
