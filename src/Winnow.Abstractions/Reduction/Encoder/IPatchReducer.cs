namespace Winnow.Reduction;

/// <summary>
/// A method that acts before the vision encoder: it looks at the pixels of each patch and decides which patches are encoded at all.
/// </summary>
/// <remarks>
/// Instances hold options only and may be shared; what a method remembers from frame to frame lives in the <see cref="IPatchRun"/> of one
/// video.
/// </remarks>
public interface IPatchReducer
{
    /// <summary>Starts one video.</summary>
    IPatchRun Begin(PatchContext context);
}
