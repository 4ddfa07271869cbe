namespace Winnow.Verification;

/// <summary>Knows one kind of recording: how to recognise its main file, and how to compare this build with it.</summary>
/// <remarks>
/// Implementations with a parameterless constructor in this assembly are found by <see cref="Verifier"/>; there is no list to extend.
/// </remarks>
internal interface IRecordingCheck
{
    /// <summary>The kind as reported, such as <c>model</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Whether <paramref name="file"/> is the main file of a recording of this kind. Decides by names and headers, cheaply.
    /// </summary>
    bool Recognises(string file);

    /// <summary>Computes what was recorded and compares.</summary>
    /// <exception cref="RecordingSkippedException">The recording is of this kind, but of a part that this build does not have.</exception>
    void Check(string file, Comparison comparison);
}
