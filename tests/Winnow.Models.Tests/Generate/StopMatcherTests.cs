using FsCheck;
using FsCheck.Fluent;
using Winnow.Models.Generate;

namespace Winnow.Models.Tests.Generate;

public sealed class StopMatcherTests
{
    [Fact]
    public void Matcher_holds_back_only_what_may_become_a_stop()
    {
        var matcher = new StopMatcher(["###"]);

        Assert.Equal("a", matcher.Push("a#"));
        Assert.Equal("#b", matcher.Push("b"));
        Assert.Equal("", matcher.Push("##"));
        Assert.Equal("", matcher.Push("#c"));
        Assert.True(matcher.Stopped);
        Assert.Equal("", matcher.Push("more"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Matcher_end_of_text_releases_what_was_held()
    {
        var matcher = new StopMatcher(["\nUser:", "END"]);

        Assert.Equal("answer", matcher.Push("answer\nUse"));
        Assert.Equal("\nUse", matcher.Flush());
        Assert.False(matcher.Stopped);
    }

    [Fact]
    public void Matcher_without_stops_passes_everything()
    {
        Assert.Equal("text", new StopMatcher([]).Push("text"));
    }

    /// <summary>Two letters, so that stops overlap each other and themselves. One push of everything is compared with any cuts.</summary>
    [Fact]
    public void Matcher_result_does_not_depend_on_the_cuts()
    {
        Gen<string> word = Gen.Elements('a', 'b').ArrayOf().Select(letters => new string(letters));
        Prop.ForAll(
            word.ArrayOf().ToArbitrary(),
            Gen.Select(word, text => text + "a").ArrayOf(3).ToArbitrary(),
            (parts, stops) =>
            {
                (string cut, bool cutStopped) = Run(parts, stops);
                (string whole, bool wholeStopped) = Run([string.Concat(parts)], stops);
                return cut == whole && cutStopped == wholeStopped && string.Concat(parts).StartsWith(whole)
                    && stops.All(stop => !whole.Contains(stop));
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Matcher_stop_that_is_no_text_is_refused()
    {
        foreach (string stop in (ReadOnlySpan<string>)["", "\uDE00x", "x\uD83D"])
            Assert.Throws<WinnowException>(() => new StopMatcher([stop]));
    }

    private static (string Text, bool Stopped) Run(string[] parts, string[] stops)
    {
        var matcher = new StopMatcher(stops);
        string text = string.Concat(parts.Select(matcher.Push)) + matcher.Flush();
        return (text, matcher.Stopped);
    }
}
