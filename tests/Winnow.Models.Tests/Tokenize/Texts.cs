using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Winnow.Models.Tests.Tokenize;

/// <summary>Generated texts, thick with what tokenizers trip over.</summary>
internal static class Texts
{
    private static readonly string[] Awkward =
    [
        " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u2003", "\u3000", "\u0085", "\u200B", "\uFEFF", "\u001C",
        "'", "'s", "'RE", "'ll", "'the", "e\u0301", "\u0301",
        "a", "Z", "ab", "the", " star", "0", "12", "½", "Ⅷ", "٣", "日本",
        "한", "ا", "फ", "_", "-", "<", "|", ">", "<|im_end|>", "<video>", "#", "!?", "ﬁ", "Ａ", "ſ",
    ];

    private static readonly string[] BeyondBasicPlane = ["😀", "👩🏽‍🚀", "𝒜", "𠀀", "𝟘", "𐍈"];

    private static readonly string[] LoneSurrogates = ["\uD83D", "\uDE00"];

    /// <summary>Any text, lone surrogates too.</summary>
    public static Arbitrary<string> Any { get; } = Of([.. Awkward, .. BeyondBasicPlane, .. LoneSurrogates]);

    /// <summary>Text that UTF-8 can hold.</summary>
    public static Arbitrary<string> WellFormed { get; } = Of([.. Awkward, .. BeyondBasicPlane]);

    /// <summary>Text of which every character is one UTF-16 unit.</summary>
    public static Arbitrary<string> BasicPlane { get; } = Of(Awkward);

    public static string Composed(string text) => text.Normalize(NormalizationForm.FormC);

    private static Arbitrary<string> Of(string[] parts) =>
        Gen.Elements(parts).ArrayOf().Select(string.Concat).ToArbitrary();
}
