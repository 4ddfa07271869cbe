using Winnow.Tests;

namespace Winnow.Engine.Tests;

/// <summary>The repository's tiny checkpoint, loaded once for a class of tests.</summary>
public sealed class TinyModel : IDisposable
{
    private EncodedClip? _shapes;

    public VideoEngine Engine { get; } = VideoEngine.Load(Repository.Path("models/tiny"));

    /// <summary>samples/shapes.mp4, encoded once.</summary>
    public async Task<EncodedClip> ShapesAsync() => _shapes ??= await Engine.EncodeAsync(Repository.Path("samples/shapes.mp4"));

    public void Dispose() => Engine.Dispose();
}
