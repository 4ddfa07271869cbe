using Winnow.Models.Weights;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of methods: a safetensors file whose metadata name the method.</summary>
internal sealed class MethodCheck : IRecordingCheck
{
    private readonly Dictionary<string, MethodRecording> _recordings = typeof(MethodCheck).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(MethodRecording)))
        .Select(type => (MethodRecording)Activator.CreateInstance(type)!)
        .ToDictionary(recording => Plain(recording.Method));

    /// <inheritdoc/>
    public string Kind => "method";

    /// <inheritdoc/>
    public bool Recognises(string file)
    {
        if (Path.GetExtension(file) != ".safetensors")
            return false;
        using SafeTensorsFile opened = SafeTensorsFile.Open(file);
        return opened.Metadata.ContainsKey("method");
    }

    /// <inheritdoc/>
    public void Check(string file, Comparison comparison)
    {
        using Recording recording = Recording.Open(file);
        string method = recording.Text("method");
        if (!_recordings.TryGetValue(Plain(method), out MethodRecording? known))
            throw new RecordingSkippedException($"this build has no method {method}");
        if (!known.Covers(recording))
            throw new RecordingSkippedException($"this build has no part \"{known.Part(recording)}\" of {known.Method}");
        known.Compare(recording, comparison);
    }

    // Recordings write some names as the paper does ("METok", "Free Video-LLM").
    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
