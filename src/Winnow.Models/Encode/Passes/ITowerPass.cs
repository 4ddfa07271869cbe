namespace Winnow.Models.Encode.Passes;

/// <summary>A way through the tower, frame by frame in the order of time.</summary>
internal interface ITowerPass : IDisposable
{
    /// <summary>What has been computed so far.</summary>
    TowerWork Work { get; }

    /// <summary>Takes the next frame, and hands over every frame that is finished with it.</summary>
    /// <param name="pixels"><c>[3, ImageSide, ImageSide]</c>; not kept.</param>
    /// <param name="sink">Takes finished frames.</param>
    void Add(ReadOnlySpan<float> pixels, ITowerSink sink);

    /// <summary>Ends the video: frames that waited for others are finished.</summary>
    void Complete(ITowerSink sink);

    /// <summary>Frees what was kept from frame to frame; most ways keep nothing outside the arena.</summary>
    void IDisposable.Dispose()
    {
    }
}
