namespace Winnow.Models.Tokenize;

/// <summary>A token outside the merges, such as <c>&lt;|im_end|&gt;</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its string.</param>
/// <param name="Special">Whether decoding may skip it; matching does not depend on it.</param>
/// <param name="Normalized">Whether it is looked for in normalised text rather than in the raw text.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized);
