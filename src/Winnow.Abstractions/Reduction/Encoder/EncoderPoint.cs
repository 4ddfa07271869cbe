namespace Winnow.Reduction;

/// <summary>A place between or inside the encoder's blocks where a method may look and act.</summary>
/// <param name="Layer">0-based block.</param>
/// <param name="Moment">Where in the block.</param>
public readonly record struct EncoderPoint(int Layer, EncoderMoment Moment);

/// <summary>Where in a block a point lies.</summary>
public enum EncoderMoment
{
    /// <summary>Before the block. Nothing of it has been computed yet, so that only the states can be seen.</summary>
    BeforeBlock,

    /// <summary>Between the block's attention, its residual added, and its MLP.</summary>
    AfterAttention,

    /// <summary>After the block's MLP; keys, values and attention are the block's, provided that nothing was changed since.</summary>
    AfterBlock,
}
