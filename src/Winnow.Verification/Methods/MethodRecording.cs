namespace Winnow.Verification.Methods;

/// <summary>Knows the recordings of one method: which parts this build covers, and how to compare with them.</summary>
/// <remarks>Implementations with a parameterless constructor are found by <see cref="MethodCheck"/>.</remarks>
internal abstract class MethodRecording
{
    /// <summary>The method's name in the catalog.</summary>
    public abstract string Method { get; }

    /// <summary>Name of the recorded part if the method has several, for messages.</summary>
    public virtual string Part(Recording recording) => recording.Text("stage", recording.Text("part", "all"));

    /// <summary>Whether this build has the recorded part.</summary>
    public abstract bool Covers(Recording recording);

    /// <summary>Computes what was recorded, with the recorded parameters, and compares.</summary>
    public abstract void Compare(Recording recording, Comparison comparison);
}
