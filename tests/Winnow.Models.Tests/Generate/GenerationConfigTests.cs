using Winnow.Models.Generate;
using Winnow.Models.Tests.Tokenize;
using Winnow.Tests;

namespace Winnow.Models.Tests.Generate;

public sealed class GenerationConfigTests
{
    [Fact]
    public void Load_tiny_checkpoint_stops_at_both_end_tokens_and_is_greedy_without_penalty()
    {
        GenerationConfig config = GenerationConfig.Load(Repository.Path("models/tiny"), Tokenizers.Tiny);

        Assert.Equal([519, 521], config.StopIds);
        Assert.Equal(new SamplingOptions(), config.Greedy);
    }

    [Fact]
    public void Load_stop_ids_are_the_union_of_all_sources()
    {
        using var folder = new TemporaryFolder();
        folder.Write("generation_config.json", """{"eos_token_id":7}""");
        folder.Write("config.json", """{"eos_token_id":[8,7],"text_config":{"eos_token_id":9}}""");

        Assert.Equal([7, 8, 9], GenerationConfig.Load(folder.Path).StopIds);
        Assert.Equal([7, 8, 9, 519, 521], GenerationConfig.Load(folder.Path, Tokenizers.Tiny).StopIds);
    }

    [Fact]
    public void Load_sampling_settings_are_the_files_and_the_penalty_holds_when_greedy()
    {
        using var folder = new TemporaryFolder();
        folder.Write("generation_config.json", """{"do_sample":true,"temperature":0.7,"top_p":0.8,"top_k":20,"repetition_penalty":1.05}""");
        GenerationConfig config = GenerationConfig.Load(folder.Path);

        Assert.Equal(new SamplingOptions { Temperature = 0.7f, TopP = 0.8f, TopK = 20, RepetitionPenalty = 1.05f }, config.Sampling);
        Assert.Equal(new SamplingOptions { RepetitionPenalty = 1.05f }, config.Greedy);
    }

    [Theory]
    [InlineData("{}", 50)]
    [InlineData("""{"top_k":null,"temperature":null}""", 0)]
    public void Load_missing_settings_are_the_references_defaults(string json, int topK)
    {
        using var folder = new TemporaryFolder();
        folder.Write("generation_config.json", json);

        Assert.Equal(new SamplingOptions { Temperature = 1, TopK = topK }, GenerationConfig.Load(folder.Path).Sampling);
    }

    [Fact]
    public void Load_empty_folder_has_the_tokenizers_stops()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal([519, 521], GenerationConfig.Load(folder.Path, Tokenizers.Tiny).StopIds);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"eos_token_id":"x"}""")]
    [InlineData("""{"top_p":2}""")]
    [InlineData("""{"top_k":1.5}""")]
    public void Load_corrupt_file_is_refused_with_its_name(string json)
    {
        using var folder = new TemporaryFolder();
        folder.Write("generation_config.json", json);

        Assert.Contains("generation_config.json", Assert.Throws<WinnowException>(() => GenerationConfig.Load(folder.Path)).Message);
    }
}
