using Winnow.Methods;
using Winnow.Verification;

namespace Winnow.Tests;

public class GoldenTests
{
    /// <summary>
    /// Folder of recordings, and how many of them this build must pass; the others belong to parts that act at another place.
    /// </summary>
    public static TheoryData<string, int> Recordings => new()
    {
        { "adaptinfer", 4 },
        { "aim", 5 },
        { "aks", 5 },
        { "btp", 4 },
        { "cdpruner", 5 },
        { "centerclip", 5 },
        { "dart", 5 },
        { "divprune", 5 },
        { "dycoke", 8 },
        { "evs", 5 },
        { "fastervlm", 4 },
        { "fastv", 5 },
        { "fastvid", 13 },
        { "flashvid", 5 },
        { "flowcut", 5 },
        { "flexselect", 4 },
        { "framefusion", 4 },
        { "freevideollm", 5 },
        { "g-prune", 4 },
        { "glimpseprune", 5 },
        { "gtp-vit", 5 },
        { "hiprune", 5 },
        { "holitom", 11 },
        { "holov", 5 },
        { "llava-scissor", 5 },
        { "metok", 5 },
        { "mmg-vid", 5 },
        { "omnizip", 5 },
        { "ppt", 5 },
        { "prumerge", 5 },
        { "prunevid", 10 },
        { "pyramiddrop", 4 },
        { "quota", 5 },
        { "recoverable", 5 },
        { "rlt", 5 },
        { "saint", 5 },
        { "sparsevlm", 5 },
        { "sta", 5 },
        { "stc", 5 },
        { "tempme", 5 },
        { "testa", 5 },
        { "sttm", 5 },
        { "timechat-online", 5 },
        { "tome", 5 },
        { "transprune", 4 },
        { "ts-llava", 5 },
        { "vflowopt", 5 },
        { "vid-tldr", 5 },
        { "vidcom2", 5 },
        { "vilamp", 5 },
        { "visionzip", 5 },
        { "vispruner", 5 },
        { "vscan", 5 },
        { "zero-tprune", 5 },
    };

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Verify_of_the_recordings_of_a_method_passes(string method, int expectedPasses)
    {
        VerificationReport report = Verifier.Run(Repository.Path($"tests/goldens/{method}"));

        Assert.All(report.Cases, item => Assert.True(item.Status != CaseStatus.Failed, $"{item.File}: {item.Message}"));
        Assert.Equal(expectedPasses, report.Passed);
    }

    [Fact]
    public void Every_method_with_recordings_stands_in_the_table()
    {
        IEnumerable<string> recorded = Catalog.All.Select(entry => entry.Card.Id)
            .Where(id => Directory.Exists(Repository.Path($"tests/goldens/{id}")));

        Assert.Empty(recorded.Except(Recordings.Select(row => (string)row[0])));
    }
}
