using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Winnow.Models.Tokenize;

namespace Winnow.Models.Tests.Tokenize;

public sealed class PreTokenScannerTests
{
    [Theory]
    [InlineData("user ", "user| ")]
    [InlineData("  two  spaces", " | two| | spaces")]
    [InlineData("a 1 23", "a| |1| |2|3")]
    [InlineData("I'm SURE\n\n  x", "I|'m| SURE|\n\n| | x")]
    [InlineData("x = 3.14;\r\n", "x| =| |3|.|1|4|;\r\n")]
    [InlineData("what's 'em", "what|'s| '|em")]
    [InlineData("(hi)", "(hi|)")]
    [InlineData("   ", "   ")]
    [InlineData("'the", "'t|he")]
    [InlineData("don'ſx", "don|'ſ|x")]
    [InlineData("😀hello", "😀hello")]
    [InlineData("𝒜bc", "𝒜bc")]
    [InlineData("𠀀中", "𠀀中")]
    [InlineData("𝟘𝟘", "𝟘|𝟘")]
    [InlineData("\nfoo", "\n|foo")]
    [InlineData("\u00A0foo", "\u00A0foo")]
    [InlineData(" \n \n x", " \n \n| x")]
    [InlineData("e\u0301", "e|\u0301")]
    public void Scanner_example_gives_the_expected_pieces(string text, string pieces)
    {
        Assert.Equal(pieces.Split('|'), Pieces(text));
    }

    [Fact]
    public void Scanner_pieces_concatenate_to_the_text()
    {
        Prop.ForAll(Texts.WellFormed, text => string.Concat(Pieces(text)) == text && !Pieces(text).Contains("")).QuickCheckThrowOnFailure();
    }

    /// <summary>
    /// On text of the basic plane .NET's engine counts as the reference's does; the long s apart, which its case folding leaves out.
    /// </summary>
    [Fact]
    public void Scanner_in_the_basic_plane_agrees_with_the_expression()
    {
        var expression = new Regex(PreTokenScanner.Expression, RegexOptions.CultureInvariant);
        Prop.ForAll(Texts.BasicPlane, generated =>
        {
            string text = generated.Replace("ſ", "");
            return expression.Matches(text).Select(match => match.Value).SequenceEqual(Pieces(text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static List<string> Pieces(string text)
    {
        var pieces = new List<string>();
        var scanner = new PreTokenScanner(text);
        while (scanner.MoveNext())
            pieces.Add(scanner.Current.ToString());
        return pieces;
    }
}
