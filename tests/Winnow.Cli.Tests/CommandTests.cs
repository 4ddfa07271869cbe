using System.Text.Json;
using Winnow.Tests;

namespace Winnow.Cli.Tests;

public sealed class CommandTests
{
    [Fact]
    public async Task Ask_prints_the_answer_and_an_account_apart_from_it()
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(["ask", "samples/shapes.mp4", "What colour is the star?"]);

        Assert.Equal((0, "green\n"), (run.Code, run.Output));
        Assert.Contains("576 visual tokens, 144 kept by mmg-vid", run.Error);
        Assert.Contains("first token after", run.Error);
        Assert.Contains("peak memory", run.Error);
    }

    [Fact]
    public async Task Ask_json_is_one_object_with_the_documented_fields()
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(
            ["ask", "samples/shapes.mp4", "What colour is the star?", "--method", "none", "--json"]);

        using JsonDocument json = JsonDocument.Parse(run.Output);
        JsonElement root = json.RootElement;
        Assert.Equal("green", root.GetProperty("answer").GetString());
        Assert.Equal(576, root.GetProperty("tokens").GetProperty("visual").GetInt32());
        Assert.Equal(576, root.GetProperty("tokens").GetProperty("kept").GetInt32());
        Assert.Equal(591, root.GetProperty("tokens").GetProperty("prompt").GetInt32());
        Assert.Equal(2, root.GetProperty("tokens").GetProperty("generated").GetInt32());
        foreach (string stage in (string[])["decode", "encode", "reduce", "prefill", "generate", "first_token"])
            Assert.True(root.GetProperty("milliseconds").GetProperty(stage).GetDouble() >= 0, stage);
        Assert.True(root.GetProperty("peak_memory_bytes").GetInt64() > 1 << 20);
        Assert.Equal(("none", 1.0, 16),
            (root.GetProperty("method").GetString(), root.GetProperty("retention").GetDouble(), root.GetProperty("frames").GetInt32()));
    }

    [Theory]
    [InlineData("rlt+mmg-vid+fastv")]
    [InlineData("bat+mmg-vid+fastv")]
    public async Task Methods_of_several_places_tell_how_many_tokens_left_at_each(string method)
    {
        string[] arguments = ["ask", "samples/shapes.mp4", "What colour is the star?", "--method", method, "--retention", "0.5"];
        WinnowProcess.Outcome text = await WinnowProcess.RunAsync(arguments), json = await WinnowProcess.RunAsync([.. arguments, "--json"]);

        Assert.Equal(0, text.Code);
        JsonElement root = JsonDocument.Parse(json.Output).RootElement,
            tower = root.GetProperty("tower"), cut = root.GetProperty("cuts")[0];
        Assert.True(tower.GetProperty("rows").GetInt64() < tower.GetProperty("dense_rows").GetInt64());
        Assert.True(tower.GetProperty("remaining").GetInt64() < tower.GetProperty("patches").GetInt64());
        Assert.True(cut.GetProperty("after").GetInt32() < cut.GetProperty("before").GetInt32());
        Assert.Contains($"{root.GetProperty("tokens").GetProperty("kept").GetInt32()} kept by", text.Error);
        Assert.Contains($"before the vision tower: {tower.GetProperty("encoded")} of {tower.GetProperty("patches")} patches", text.Error);
        Assert.Contains($"inside it: {tower.GetProperty("remaining")} are left", text.Error);
        Assert.Contains(
            $"layer {cut.GetProperty("layer")}: {cut.GetProperty("before")} visual rows become {cut.GetProperty("after")}", text.Error);
    }

    [Fact]
    public async Task Chat_answers_line_by_line_and_reads_the_video_once()
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(
            ["chat", "samples/shapes.mp4", "--method", "none"], "What colour is the star?\nWhich letter flashes on the screen?\n");

        Assert.Equal((0, "green\nX\n"), (run.Code, run.Output));
        Assert.Contains("encode 0 ms", run.Error);
    }

    [Theory]
    [InlineData("no-such-file.mp4", new string[0], "no-such-file.mp4")]
    [InlineData("README.md", new string[0], "README.md")]
    [InlineData("samples/shapes.mp4", new[] { "--method", "nonsense" }, "There is no method nonsense; known are")]
    [InlineData("samples/shapes.mp4", new[] { "--retention", "1.4" }, "(0, 1]")]
    [InlineData("samples/shapes.mp4", new[] { "--set", "strength" }, "name=value")]
    [InlineData("samples/shapes.mp4", new[] { "--set", "colour=red" }, "no such parameter")]
    [InlineData("samples/shapes.mp4", new[] { "--frames", "0" }, "at least 1")]
    [InlineData("samples/shapes.mp4", new[] { "--model", "no-such-folder" }, "no-such-folder")]
    [InlineData("samples/shapes.mp4", new[] { "--top-p", "0.5" }, "--temperature")]
    [InlineData("samples/shapes.mp4", new[] { "--method", "mmg-vid+divprune" }, "one place takes one method")]
    public async Task Bad_input_is_one_line_with_the_value_and_a_failing_exit(string video, string[] options, string expected)
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(["ask", video, "What colour is the star?", .. options]);

        Assert.Equal((1, ""), (run.Code, run.Output));
        string line = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("winnow: ", line);
        Assert.Contains(expected, line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ask")]
    [InlineData("chat")]
    [InlineData("methods")]
    [InlineData("verify")]
    [InlineData("bench ttft")]
    public async Task Help_ends_with_examples(string command)
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(0, run.Code);
        Assert.Contains("Examples:", run.Output);
    }

    [Fact]
    public async Task Bench_ttft_json_holds_both_paths_and_the_accuracy_under_the_same_methods()
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(
            ["bench", "ttft", "--config", "tiny", "--frames", "4", "--video", "samples/shapes.mp4",
                "--method", "rlt:threshold=0.3+mmg-vid", "--questions", "2", "--json"]);

        using JsonDocument json = JsonDocument.Parse(run.Output);
        JsonElement root = json.RootElement, clip = root.GetProperty("first_token").GetProperty("clips")[0];
        Assert.Equal((0, "rlt:threshold=0.3+mmg-vid"), (run.Code, root.GetProperty("method").GetString()));
        Assert.Equal((144, 36), (clip.GetProperty("dense").GetProperty("kept_tokens").GetInt32(),
            clip.GetProperty("reduced").GetProperty("kept_tokens").GetInt32()));
        Assert.True(clip.GetProperty("speedup").GetDouble() > 0);
        Assert.Equal(("rlt:threshold=0.3+mmg-vid", 2), (root.GetProperty("accuracy").GetProperty("method").GetString(),
            root.GetProperty("accuracy").GetProperty("questions").GetInt32()));
    }

    [Fact]
    public async Task Verify_passes_on_the_flagship_and_says_so_in_json()
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(["verify", "tests/goldens/mmg-vid", "--json"]);

        using JsonDocument json = JsonDocument.Parse(run.Output);
        Assert.Equal((0, 5, 0, 0), (run.Code, Count("passed"), Count("failed"), Count("skipped")));
        Assert.Equal("case1.safetensors", json.RootElement.GetProperty("cases")[0].GetProperty("file").GetString());

        int Count(string name) => json.RootElement.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Verify_fails_on_a_recording_that_differs()
    {
        string folder = Directory.CreateTempSubdirectory("winnow-verify").FullName;
        byte[] bytes = await File.ReadAllBytesAsync(Repository.Path("tests/goldens/mmg-vid/case1.safetensors"));
        // The last array in the file is one of doubles or indices; flipping its last bytes makes the recording disagree.
        bytes.AsSpan(bytes.Length - 8).Fill(0x33);
        await File.WriteAllBytesAsync(Path.Combine(folder, "case1.safetensors"), bytes);

        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(["verify", folder]);

        Assert.Equal(1, run.Code);
        Assert.Contains("1 failed", run.Output);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Methods_are_filtered_by_place_and_by_signal()
    {
        WinnowProcess.Outcome free = await WinnowProcess.RunAsync(["methods", "--place", "after-encoder", "--needs", "none", "--json"]);
        WinnowProcess.Outcome scored = await WinnowProcess.RunAsync(
            ["methods", "--place", "after-encoder", "--needs", "frame-scores", "--json"]);

        string[] names = Names(free), byScores = Names(scored);
        Assert.Contains("divprune", names);
        Assert.Contains("mmg-vid", names);
        Assert.DoesNotContain("quota", names);
        Assert.DoesNotContain("cdpruner", names);
        // Inside the model only.
        Assert.DoesNotContain("fastv", names);
        Assert.Contains("quota", byScores);
        Assert.Empty(names.Intersect(byScores));

        static string[] Names(WinnowProcess.Outcome run)
        {
            using JsonDocument json = JsonDocument.Parse(run.Output);
            return [.. json.RootElement.GetProperty("methods").EnumerateArray().Select(method => method.GetProperty("id").GetString()!)];
        }
    }

    [Fact]
    public async Task Methods_page_is_the_catalog()
    {
        WinnowProcess.Outcome run = await WinnowProcess.RunAsync(["methods", "--markdown"]);

        Assert.True(
            await File.ReadAllTextAsync(Repository.Path("docs/methods.md")) == run.Output,
            "docs/methods.md is not what the catalog says; run: ./winnow methods --markdown > docs/methods.md");
    }
}
