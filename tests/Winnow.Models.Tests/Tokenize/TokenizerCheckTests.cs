using System.Text.Json.Nodes;
using Winnow.Verification;

namespace Winnow.Models.Tests.Tokenize;

public sealed class TokenizerCheckTests
{
    [Theory]
    [InlineData("tokenizer")]
    [InlineData("tokenizer-qwen2")]
    public void Verify_recorded_tokenizer_passes(string recording)
    {
        VerificationCase only = Assert.Single(Verifier.Run(Tokenizers.Folder(recording)).Cases);

        Assert.Equal(("tokenizer", CaseStatus.Passed), (only.Kind, only.Status));
    }

    [Theory]
    [InlineData("ids")]
    [InlineData("decoded")]
    public void Verify_changed_case_fails_and_names_it(string changed)
    {
        using TemporaryFolder folder = Copy(cases => cases[3]![changed] = changed == "ids" ? new JsonArray(0) : "something else");

        VerificationCase only = Assert.Single(Verifier.Run(folder.Path).Cases);

        Assert.Equal(CaseStatus.Failed, only.Status);
        Assert.Contains("case 3", only.Message);
    }

    [Fact]
    public void Verify_without_a_case_fails()
    {
        using TemporaryFolder folder = Copy(cases => cases.Clear());

        Assert.Equal(CaseStatus.Failed, Assert.Single(Verifier.Run(folder.Path).Cases).Status);
    }

    [Fact]
    public void Verify_cases_without_a_tokenizer_are_skipped()
    {
        using var folder = new TemporaryFolder();
        folder.Write("cases.json", "[]");

        Assert.Equal(CaseStatus.Skipped, Assert.Single(Verifier.Run(folder.Path).Cases).Status);
    }

    private static TemporaryFolder Copy(Action<JsonArray> change)
    {
        string source = Tokenizers.Folder("tokenizer");
        var folder = new TemporaryFolder();
        File.Copy(Path.Combine(source, "tokenizer.json"), Path.Combine(folder.Path, "tokenizer.json"));
        JsonArray cases = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "cases.json")))!.AsArray();
        change(cases);
        folder.Write("cases.json", cases.ToJsonString());
        return folder;
    }
}
