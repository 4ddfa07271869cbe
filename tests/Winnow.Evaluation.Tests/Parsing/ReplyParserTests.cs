using FsCheck;
using FsCheck.Fluent;
using Winnow.Evaluation.Parsing;

namespace Winnow.Evaluation.Tests.Parsing;

/// <summary>Replies whose reading the specification page states, oddities included, and the boundaries around them.</summary>
public sealed class ReplyParserTests
{
    private static readonly string[] Options = ["red", "blue", "green", "black", "white"];

    [Theory]
    [InlineData("p1", "Because", 'B')]
    [InlineData("p1", "Dog", 'D')]
    [InlineData("p1", "The best answer is C", 'C')]
    [InlineData("p1", "The best option is C", 'C')]
    [InlineData("p1", "nothing here", null)]
    [InlineData("p1", "one two three four five six seven eight nine ten eleven", null)]
    [InlineData("p2", "The answer is B. Dogs run", 'D')]
    [InlineData("p2", "A dog", 'A')]
    [InlineData("p2", "c", null)]
    [InlineData("p2", "", null)]
    [InlineData("p2", "It is (C), not (B).", 'B')]
    [InlineData("p2", "(C) or B.", 'B')]
    [InlineData("p2", "so I choose C", 'C')]
    [InlineData("p2", "xBx", 'B')]
    [InlineData("p3", "a person runs", 'A')]
    [InlineData("p3", "(B) red", 'B')]
    [InlineData("p3", "red", null)]
    [InlineData("p3", "d. something", 'D')]
    [InlineData("p3", "Best option:(C", 'C')]
    [InlineData("p3", "(C)red", 'C')]
    [InlineData("p3", "1,000 (B)red", null)]
    [InlineData("p4", "The best option is E", 'E')]
    [InlineData("p4", "Best answer:D", 'D')]
    [InlineData("p5", "A and B", 'B')]
    [InlineData("p5e", "A and B", 'A')]
    [InlineData("p5", "(A) and (C)", 'C')]
    [InlineData("p5", "A. or B. only", 'A')]
    [InlineData("p5", "it was surely the blue car there", 'B')]
    [InlineData("p5e", "it was the green or blue car", 'C')]
    [InlineData("p6", "A man runs", 'A')]
    [InlineData("p6", "It is B", 'B')]
    [InlineData("p6", "E", null)]
    public void Harness_parser_reads_as_the_harness_does(string parser, string reply, char? expected)
    {
        Assert.Equal(expected, ReplyParsers.Find(parser).Parse(reply, Options));
    }

    [Theory]
    [InlineData("B", 'B')]
    [InlineData("B.", 'B')]
    [InlineData("(b) blue", 'B')]
    [InlineData("B) blue", 'B')]
    [InlineData("**B**", 'B')]
    [InlineData("Blue.", 'B')]
    [InlineData("The answer is B. Dogs run", 'B')]
    [InlineData("Answer: (C)", 'C')]
    [InlineData("First I thought the answer is A, but the correct option is C.", 'C')]
    [InlineData("A dog runs", null)]
    [InlineData("Because of it", null)]
    [InlineData("the answer is a dog", null)]
    [InlineData("The answer is A dog", null)]
    [InlineData("F", null)]
    [InlineData("", null)]
    public void Strict_parser_reads_letters_options_and_declarations_only(string reply, char? expected)
    {
        Assert.Equal(expected, new StrictParser().Parse(reply, Options));
    }

    [Theory]
    [InlineData("p4")]
    [InlineData("p5")]
    [InlineData("p5e")]
    public void Random_fallback_is_repeatable_and_among_the_options(string name)
    {
        string[] two = ["x", "y"];
        char?[] drawn = [.. Enumerable.Range(0, 50).Select(i => ReplyParsers.Find(name, 7).Parse($"hm {i}", two))];

        Assert.Equal(drawn, Enumerable.Range(0, 50).Select(i => ReplyParsers.Find(name, 7).Parse($"hm {i}", two)));
        Assert.All(drawn, letter => Assert.InRange(letter!.Value, 'A', 'B'));
        Assert.Equal(2, drawn.Distinct().Count());
    }

    [Fact]
    public void Every_named_parser_exists_and_knows_its_name()
    {
        Assert.All(ReplyParsers.Names, name => Assert.Equal(name, ReplyParsers.Find(name).Name));
        Assert.Throws<WinnowException>(() => ReplyParsers.Find("p7"));
    }

    [Theory]
    [InlineData("p1")]
    [InlineData("p2")]
    [InlineData("p3")]
    [InlineData("p4")]
    [InlineData("p5")]
    [InlineData("p5e")]
    [InlineData("p6")]
    [InlineData("strict")]
    public void Any_reply_gives_a_letter_or_none(string name)
    {
        IReplyParser parser = ReplyParsers.Find(name);
        Prop.ForAll<string?>(reply => parser.Parse(reply ?? "", Options) is null or (>= 'A' and <= 'E')).QuickCheckThrowOnFailure();
    }
}
