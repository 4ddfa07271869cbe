namespace Winnow.Reduction;

/// <summary>
/// A method by which places of a frame reuse, in every block of the vision encoder, what an earlier frame computed there; no token goes
/// away.
/// </summary>
/// <remarks>
/// Frames come in chunks. Of a chunk that is encoded in full, the last frame becomes the reference; in the others each block computes keys
/// for all places, and queries, values,
/// attention output and MLP for the chosen ones alone. Instances hold options only and may be shared.
/// </remarks>
public interface IEncoderCacher
{
    /// <summary>Frames of a chunk, at least 1; frames left over at the end are treated like the last whole chunk.</summary>
    int ChunkFrames { get; }

    /// <summary>Whether a chunk, counted from 0 in every video, is encoded in full; the first one is.</summary>
    bool IsFull(int chunk);

    /// <summary>Chooses what a block computes anew for a frame.</summary>
    /// <param name="keys"><c>[N, C]</c>: the frame's keys in this block, all heads side by side. Void after the call.</param>
    /// <param name="reference"><c>[N, C]</c>: the reference frame's.</param>
    /// <returns>Places to compute anew, rising; at least one.</returns>
    int[] Recompute(TokenMatrix keys, TokenMatrix reference);
}
