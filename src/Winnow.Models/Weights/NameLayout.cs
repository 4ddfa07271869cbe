namespace Winnow.Models.Weights;

/// <summary>
/// How the tensor names of a family's checkpoints become one set of names: an ordered list of prefixes, the first that fits is replaced.
/// </summary>
/// <param name="prefixes">
/// Prefix in the file and what stands for it; a longer prefix stands before a shorter one that it begins with.
/// </param>
internal sealed class NameLayout(params (string Prefix, string Replacement)[] prefixes)
{
    /// <summary>Tensors that hold nothing to load: tables that follow from the sizes.</summary>
    private static readonly string[] IgnoredEndings = [".inv_freq", ".position_ids"];

    /// <summary>The name that the family uses; null where the file's name fits no prefix.</summary>
    public string? Canonical(string name)
    {
        foreach ((string prefix, string replacement) in prefixes)
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return string.Concat(replacement, name.AsSpan(prefix.Length));
        return null;
    }

    /// <summary>Whether a tensor is left aside, whatever its prefix.</summary>
    public static bool IsIgnored(string name) => IgnoredEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));
}
