using System.Text.Encodings.Web;
using System.Text.Json;

namespace Winnow.Cli;

/// <summary>JSON for machines: one object on standard output, snake_case names, text readable as it is.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Style = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static void Write(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Style));
}
