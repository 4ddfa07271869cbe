using Winnow.Models.Configuration;
using Winnow.Models.Prefill;
using Winnow.Numerics;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Tests.Prefill;

/// <summary>
/// A decoder of a few layers with grouped heads and made-up weights, its slow twin, and prompts of text, video and text for both.
/// </summary>
internal sealed class SmallModel : IDisposable
{
    private readonly Compute _compute = new(2);
    private readonly Qwen2Config _config;

    public SmallModel(int layers = 4)
    {
        _config = Config with { Layers = layers };
        Decoder = new Qwen2Decoder(_config, Weights, _compute);
    }

    public static Qwen2Config Config { get; } = new()
    {
        Width = 24,
        MlpWidth = 40,
        Layers = 4,
        Heads = 4,
        KeyValueHeads = 2,
        HeadWidth = 6,
        VocabularyRows = 50,
        NormEpsilon = 1e-6f,
        RopeBase = 10000,
        MaximumLength = 4096,
        TiedHead = false,
    };

    public Qwen2Decoder Decoder { get; }

    public MadeUpWeights Weights { get; } = new();

    public NaiveDecoder Naive(Func<int, bool, NaiveDecoder.Row[], NaiveDecoder.Row[]>? edit = null,
        Func<int, int, int, bool>? hidden = null) => new(_config, Weights)
        {
            Edit = edit ?? ((_, _, rows) => rows),
            Hidden = hidden ?? ((_, _, _) => false),
        };

    public DecoderSession Start(bool halfCache = false) => new(Decoder, halfCache);

    /// <summary>A prompt of random rows at positions 0, 1, 2, ...</summary>
    /// <param name="before">Rows of text before the video.</param>
    /// <param name="grid">Its visual rows.</param>
    /// <param name="after">Rows of text after it.</param>
    /// <param name="newline">Whether a newline vector ends the video.</param>
    public static PromptRows Prompt(int before, TokenGrid grid, int after, bool newline = false)
    {
        int visual = grid.Count + (newline ? 1 : 0);
        return Rows(before + visual + after, 0) with
        {
            VisualStart = before,
            VisualCount = visual,
            Grid = grid,
            Places = [.. Enumerable.Range(0, grid.Count), .. newline ? [-1] : Array.Empty<int>()],
        };
    }

    /// <summary>Random rows of text at consecutive positions.</summary>
    public static PromptRows Rows(int count, int firstPosition, int seed = 5)
    {
        var random = new Random(seed);
        float[] rows = [.. Enumerable.Range(0, count * Config.Width).Select(_ => (float)(2 * random.NextDouble() - 1))];
        return new PromptRows(new TokenMatrix(rows, Config.Width), [.. Enumerable.Range(firstPosition, count)], firstPosition + count);
    }

    public static IReadOnlyList<float[]> States(params PromptRows[] prompts) =>
        [.. prompts.SelectMany(prompt => Enumerable.Range(0, prompt.Rows.Count).Select(row => prompt.Rows[row].ToArray()))];

    public void Dispose() => _compute.Dispose();
}
