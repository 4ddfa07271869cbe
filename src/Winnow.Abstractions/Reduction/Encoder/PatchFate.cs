namespace Winnow.Reduction;

/// <summary>What becomes of a patch before the vision encoder.</summary>
public enum PatchFate
{
    /// <summary>It is encoded.</summary>
    Encode,

    /// <summary>
    /// It repeats the same place of the frame before: what that place has become stands for it, behind the encoder, and, as long as no
    /// method acts between the blocks,
    /// inside it too, where the encoded patches of the frame go on seeing its keys and values.
    /// </summary>
    Repeat,

    /// <summary>It is left out: no other patch sees it, and its place has no token of its own.</summary>
    Drop,
}
