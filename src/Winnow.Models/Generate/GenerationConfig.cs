using System.Text.Json;
using Winnow.Models.Tokenize;

namespace Winnow.Models.Generate;

/// <summary>What a checkpoint says about ending and sampling.</summary>
public sealed record GenerationConfig
{
    /// <summary>Ids that end an answer, ascending.</summary>
    public required IReadOnlyList<int> StopIds { get; init; }

    /// <summary>Greedy decoding as the reference does it for this checkpoint: a repetition penalty in the file holds here too.</summary>
    public required SamplingOptions Greedy { get; init; }

    /// <summary>
    /// Sampling with the file's settings, and the reference's defaults (temperature 1, top-k 50, top-p 1) where it has none.
    /// </summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>Reads generation_config.json and config.json of a folder; either may be missing.</summary>
    /// <remarks>
    /// Answers end at any id that either file calls <c>eos_token_id</c> (one or a list, also in <c>text_config</c>), and at the tokenizer's
    /// <c>&lt;|im_end|&gt;</c> and <c>&lt;|endoftext|&gt;</c>: chat models use both, and published files often name only one.
    /// </remarks>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="tokenizer">Knows the two tokens' ids; null to take the files' ids only.</param>
    /// <exception cref="WinnowException">A file is corrupt, or a setting is out of its range.</exception>
    public static GenerationConfig Load(string folder, BpeTokenizer? tokenizer = null)
    {
        (int[] eos, SamplingOptions sampling) = Read(folder, "generation_config.json", element => (Eos(element), ReadSampling(element)));
        var stops = new SortedSet<int>(eos);
        stops.UnionWith(Read(folder, "config.json", element => Eos(element).Concat(Eos(Member(element, "text_config")))));
        foreach (string token in (ReadOnlySpan<string>)["<|im_end|>", "<|endoftext|>"])
            if (tokenizer?.AddedTokenId(token) is int id)
                stops.Add(id);
        return new GenerationConfig
        {
            StopIds = [.. stops],
            Greedy = new SamplingOptions { RepetitionPenalty = sampling.RepetitionPenalty },
            Sampling = sampling,
        };
    }

    private static T Read<T>(string folder, string name, Func<JsonElement, T> read)
    {
        string file = Path.Combine(folder, name);
        try
        {
            return read(File.Exists(file) ? JsonElement.Parse(File.ReadAllBytes(file)) : default);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or WinnowException)
        {
            throw new WinnowException($"{file} is not valid: {error.Message} Correct it or fetch it again.", error);
        }
    }

    private static SamplingOptions ReadSampling(JsonElement generation)
    {
        var sampling = new SamplingOptions
        {
            Temperature = Number(generation, "temperature"),
            TopK = Member(generation, "top_k") switch
            {
                { ValueKind: JsonValueKind.Undefined } => 50,
                { ValueKind: JsonValueKind.Null } => 0,
                JsonElement value => value.GetInt32(),
            },
            TopP = Number(generation, "top_p"),
            RepetitionPenalty = Number(generation, "repetition_penalty"),
        };
        sampling.Validate();
        return sampling;
    }

    private static float Number(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value ? value.GetSingle() : 1;

    private static int[] Eos(JsonElement element)
    {
        JsonElement eos = Member(element, "eos_token_id");
        return eos.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => [],
            JsonValueKind.Array => [.. eos.EnumerateArray().Select(id => id.GetInt32())],
            _ => [eos.GetInt32()],
        };
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;
}
