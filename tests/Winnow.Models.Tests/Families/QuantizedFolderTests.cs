using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Tests.Weights;
using Winnow.Models.Weights;
using Winnow.Numerics;
using Winnow.Tests;

namespace Winnow.Models.Tests.Families;

public sealed class QuantizedFolderTests : IDisposable
{
    private const int Group = 32;
    private readonly Compute _compute = new(2);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _compute.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b-untied-bf16-sharded")]
    public void Written_folder_equals_rounding_while_loading(string name)
    {
        string written = Write(name);
        var options = new LlavaOneVisionOptions { Quantize = true, GroupSize = Group };
        using var expected = LlavaOneVision.Load(Source(name), _compute, options);
        using var mapped = LlavaOneVision.Load(written, _compute);
        using var mappedWithOption = LlavaOneVision.Load(written, _compute, options);
        Assert.Equal(Logits(expected), Logits(mapped));
        Assert.Equal(Logits(expected), Logits(mappedWithOption));
        Assert.Equal(Tokens(expected), Tokens(mapped));
    }

    [Fact]
    public void Written_folder_keeps_the_embeddings_and_what_the_model_leaves_aside()
    {
        using var original = SafeTensorsFile.Open(Path.Combine(Source("a"), "model.safetensors"));
        using var written = SafeTensorsFile.Open(Path.Combine(Write("a"), "model.safetensors"));
        foreach (TensorEntry entry in original.Entries.Values)
        {
            bool isMatrix = written.Contains($"{entry.Name}.int8");
            Assert.True(isMatrix || written.Contains(entry.Name), entry.Name);
            if (written.Contains(entry.Name))
                Assert.Equal(original.ReadFloats(entry.Name), written.ReadFloats(entry.Name));
        }
        string embeddings = original.Entries.Keys.Single(name => name.EndsWith("embed_tokens.weight", StringComparison.Ordinal));
        Assert.True(written.Contains(embeddings), "the embeddings are looked up, so they must stay");
        Assert.True(written.Contains($"{embeddings}.int8"), "the tied head is multiplied with, so it must be int8");
        Assert.Equal($"{Group}", written.Metadata["winnow.int8_group_size"]);
    }

    [Fact]
    public void Write_refuses_a_folder_that_is_no_model_that_is_quantised_or_that_is_occupied()
    {
        string written = Write("a");
        Assert.Contains("config.json", Refusal(_folder.Path, _folder.File("b")));
        Assert.Contains("quantised already", Refusal(written, _folder.File("b")));
        Assert.Contains("exists already", Refusal(Source("a"), written));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => QuantizedFolder.Write(Source("a"), _folder.File("b"), _compute, 10, null, CancellationToken.None));
        Assert.False(Directory.Exists(_folder.File("b")));
    }

    [Fact]
    public void Write_that_is_cancelled_leaves_no_weights()
    {
        using var stop = new CancellationTokenSource();
        var progress = new Now(stop.Cancel);
        Assert.Throws<OperationCanceledException>(
            () => QuantizedFolder.Write(Source("a"), _folder.File("b"), _compute, Group, progress, stop.Token));
        Assert.Empty(Directory.EnumerateFiles(_folder.File("b"), "model*"));
    }

    [Fact]
    public void Load_of_steps_without_their_group_size_says_so()
    {
        string written = Write("a");
        using var target = new TemporaryFolder();
        NamedTensors.Rewrite(written, target, name => name);
        Assert.Contains("winnow.int8_group_size", Assert.Throws<WinnowException>(() => LlavaOneVision.Load(target.Path, _compute)).Message);
    }

    private static string Source(string name) => Repository.Path($"tests/goldens/models/llava-onevision/{name}/checkpoint");

    private string Write(string name)
    {
        string destination = _folder.File(name);
        QuantizationResult result = QuantizedFolder.Write(Source(name), destination, _compute, Group, null, CancellationToken.None);
        Assert.Equal(new FileInfo(Path.Combine(destination, "model.safetensors")).Length, result.BytesAfter);
        return destination;
    }

    private string Refusal(string source, string destination) => Assert.Throws<WinnowException>(
        () => QuantizedFolder.Write(source, destination, _compute, Group, null, CancellationToken.None)).Message;

    private static float[] Logits(LlavaOneVision model)
    {
        using DecoderSession session = model.StartSession();
        session.Prefill(model.EmbedText([.. Enumerable.Range(5, 40)], 0));
        return session.Step(7).ToArray();
    }

    private static float[] Tokens(LlavaOneVision model)
    {
        using IVideoEncoding video = model.StartVideo([]);
        int side = model.Config.Vision.ImageSide;
        video.Add([.. Enumerable.Range(0, 3 * side * side).Select(i => i % 17 / 17f)]);
        return video.Complete().Features.Values.ToArray();
    }

    private sealed class Now(Action act) : IProgress<string>
    {
        public void Report(string value) => act();
    }
}
