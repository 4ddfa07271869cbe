namespace Winnow.Reduction;

/// <summary>
/// One video of an <see cref="IPatchReducer"/>, frame by frame in the order of time: its memory must not grow with their number.
/// </summary>
public interface IPatchRun
{
    /// <summary>Decides what happens to the patches of the next frame.</summary>
    /// <param name="patches">
    /// <c>[N, 3 * side * side]</c>, row-major over the grid: normalised pixels of each patch, channel by channel. Void after the call.
    /// </param>
    /// <param name="fates"><c>[N]</c>: receives what becomes of each patch; nothing repeats in the first frame.</param>
    void Choose(TokenMatrix patches, Span<PatchFate> fates);
}
