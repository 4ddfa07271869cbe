using Winnow.Reduction;

namespace Winnow.Engine;

/// <summary>
/// Encodes every third row and column of patches and leaves the rest out: a ninth of the tower's work, enough to tell frames apart.
/// </summary>
internal sealed class CoarsePatches : IPatchReducer, IPatchRun
{
    private const int Stride = 3;
    private readonly int _columns;

    private CoarsePatches(int columns) => _columns = columns;

    /// <summary>The rule, for any grid.</summary>
    public static IPatchReducer Rule { get; } = new CoarsePatches(1);

    /// <inheritdoc/>
    public IPatchRun Begin(PatchContext context) => new CoarsePatches(context.Columns);

    /// <inheritdoc/>
    public void Choose(TokenMatrix patches, Span<PatchFate> fates)
    {
        for (int place = 0; place < fates.Length; place++)
            fates[place] = place / _columns % Stride == Stride / 2 && place % _columns % Stride == Stride / 2
                || fates.Length < Stride * Stride
                    ? PatchFate.Encode
                    : PatchFate.Drop;
    }
}
