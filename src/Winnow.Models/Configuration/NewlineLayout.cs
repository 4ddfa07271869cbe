namespace Winnow.Models.Configuration;

/// <summary>Where the learned newline vector stands among a video's tokens.</summary>
public enum NewlineLayout
{
    /// <summary>Once, after the last frame: LLaVA-OneVision.</summary>
    OneToken,

    /// <summary>After each row of tokens of each frame: LLaVA-Video.</summary>
    Grid,

    /// <summary>After each frame.</summary>
    Frame,

    /// <summary>Nowhere.</summary>
    NoToken,
}
