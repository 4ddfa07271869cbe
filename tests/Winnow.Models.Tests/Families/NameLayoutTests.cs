using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Tests.Weights;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Tests;

namespace Winnow.Models.Tests.Families;

/// <summary>The same tensors under the names of the three layouts give the same model, bit for bit.</summary>
public sealed class NameLayoutTests : IDisposable
{
    private static readonly (string, string)[] NewNames =
    [
        ("vision_tower.", "model.vision_tower."),
        ("multi_modal_projector.", "model.multi_modal_projector."),
        ("image_newline", "model.image_newline"),
        ("language_model.lm_head.", "lm_head."),
        ("language_model.model.", "model.language_model."),
    ];

    private static readonly (string, string)[] OriginalNames =
    [
        ("multi_modal_projector.linear_1.", "model.mm_projector.0."),
        ("multi_modal_projector.linear_2.", "model.mm_projector.2."),
        ("image_newline", "model.image_newline"),
        ("language_model.lm_head.", "lm_head."),
        ("language_model.model.", "model."),
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly Compute _compute = new(2);

    public static TheoryData<string, string> Layouts
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string folder in new[] { "a", "b-untied-bf16-sharded" })
                foreach (string layout in new[] { "new", "new-flat-tower", "original", "old-flat-tower" })
                    cases.Add(folder, layout);
            return cases;
        }
    }

    public void Dispose()
    {
        _compute.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Renamed_checkpoint_gives_the_same_logits(string folder, string layout)
    {
        string source = Repository.Path($"tests/goldens/models/llava-onevision/{folder}/checkpoint");
        NamedTensors.Rewrite(source, _folder, name => Rename(name, layout));
        Assert.Equal(Logits(source, folder), Logits(_folder.Path, folder));
    }

    [Fact]
    public void Tables_that_follow_from_the_sizes_are_left_aside()
    {
        var tensors = NamedTensors.Read(Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint"));
        tensors.Add(("language_model.model.layers.0.self_attn.rotary_emb.inv_freq", "F32", [8], new byte[32]));
        tensors.Add(("vision_tower.vision_model.embeddings.position_ids", "I64", [1, 36], new byte[288]));
        Write(tensors);
        using var model = LlavaOneVision.Load(_folder.Path, _compute);
        Assert.Empty(model.Warnings);
    }

    [Theory]
    [InlineData("language_model.model.layers.3.mlp.up_proj.weight", "no place")]
    [InlineData("audio_tower.weight", "belongs to no part")]
    public void Tensor_without_a_place_is_refused(string name, string expected)
    {
        var tensors = NamedTensors.Read(Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint"));
        tensors.Add((name, "F32", [1], new byte[4]));
        Write(tensors);
        var error = Assert.Throws<WinnowException>(() => LlavaOneVision.Load(_folder.Path, _compute));
        Assert.Contains(name, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Missing_tensor_is_named()
    {
        var tensors = NamedTensors.Read(Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint"));
        tensors.RemoveAll(tensor => tensor.Name == "image_newline");
        Write(tensors);
        Assert.Contains("no tensor newline", Assert.Throws<WinnowException>(() => LlavaOneVision.Load(_folder.Path, _compute)).Message);
    }

    [Fact]
    public void Misshapen_tensor_is_named_with_both_shapes()
    {
        var tensors = NamedTensors.Read(Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint"));
        int norm = tensors.FindIndex(tensor => tensor.Name == "language_model.model.norm.weight");
        tensors[norm] = tensors[norm] with { Shape = [48, 2] };
        Write(tensors);
        string message = Assert.Throws<WinnowException>(() => LlavaOneVision.Load(_folder.Path, _compute)).Message;
        Assert.Contains("[48, 2]", message);
        Assert.Contains("[96]", message);
    }

    [Fact]
    public void Same_tensor_under_two_names_is_refused()
    {
        var tensors = NamedTensors.Read(Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint"));
        tensors.Add(("model.image_newline", "F32", [96], new byte[384]));
        Write(tensors);
        Assert.Contains("newline twice", Assert.Throws<WinnowException>(() => LlavaOneVision.Load(_folder.Path, _compute)).Message);
    }

    [Fact]
    public void Shard_that_disagrees_with_its_index_is_refused()
    {
        string source = Repository.Path("tests/goldens/models/llava-onevision/b-untied-bf16-sharded/checkpoint");
        foreach (string path in Directory.EnumerateFiles(source))
            File.Copy(path, _folder.File(Path.GetFileName(path)));
        string index = _folder.File("model.safetensors.index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace("\"image_newline\": \"model-00001", "\"image_newline\": \"model-00002"));
        Assert.Contains("image_newline", Assert.Throws<WinnowException>(() => LlavaOneVision.Load(_folder.Path, _compute)).Message);
    }

    [Fact]
    public void Head_that_is_missing_without_a_flag_is_tied_with_a_warning()
    {
        string source = Repository.Path("tests/goldens/models/llava-onevision/b-untied-bf16-sharded/checkpoint");
        NamedTensors.Rewrite(source, _folder, name => name == "language_model.lm_head.weight" ? null : name);
        using var model = LlavaOneVision.Load(_folder.Path, _compute);
        Assert.Contains("no head", Assert.Single(model.Warnings));
    }

    [Fact]
    public void Head_that_is_missing_with_a_flag_at_the_top_is_tied_without_a_warning()
    {
        string source = Repository.Path("tests/goldens/models/llava-onevision/b-untied-bf16-sharded/checkpoint");
        NamedTensors.Rewrite(source, _folder, name => name == "language_model.lm_head.weight" ? null : name);
        string config = File.ReadAllText(_folder.File("config.json"));
        int top = config.LastIndexOf("\"tie_word_embeddings\": false", StringComparison.Ordinal);
        File.WriteAllText(_folder.File("config.json"), config.Remove(top, 28).Insert(top, "\"tie_word_embeddings\": true"));
        using var model = LlavaOneVision.Load(_folder.Path, _compute);
        Assert.False(model.Config.Text.TiedHead);
        Assert.Empty(model.Warnings);
    }

    [Fact]
    public void Head_that_is_stored_although_tied_is_not_used()
    {
        string source = Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint");
        var tensors = NamedTensors.Read(source);
        tensors.Add(("lm_head.weight", "F32", [384, 96], new byte[384 * 96 * 4]));
        Write(tensors);
        Assert.Equal(Logits(source, "a"), Logits(_folder.Path, "a"));
    }

    private static string Rename(string name, string layout)
    {
        (string, string)[] replacements = layout switch
        {
            "new" => [("vision_tower.", "model.vision_tower."), .. NewNames],
            "new-flat-tower" => [("vision_tower.vision_model.", "model.vision_tower."), .. NewNames],
            "old-flat-tower" => [("vision_tower.vision_model.", "vision_tower.")],
            _ => [("vision_tower.", "model.vision_tower.vision_tower."), .. OriginalNames],
        };
        foreach ((string prefix, string replacement) in replacements)
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return replacement + name[prefix.Length..];
        return name;
    }

    private void Write(IEnumerable<(string, string, int[], byte[])> tensors)
    {
        File.Copy(Repository.Path("tests/goldens/models/llava-onevision/a/checkpoint/config.json"), _folder.File("config.json"));
        SafeTensorsWriter.Write(_folder.File("model.safetensors"), tensors);
    }

    private float[] Logits(string checkpoint, string folder)
    {
        using var recording = LlavaOneVisionParityTests.OpenRecording(folder);
        using var model = LlavaOneVision.Load(checkpoint, _compute);
        using DecoderSession session = model.StartSession();
        EncodedVideo video = LlavaOneVisionParityTests.Encode(model, recording);
        return session.Prefill(model.Splice(recording.ReadInt32s("input_ids"), video, null, PositionRule.Original)).ToArray();
    }
}
