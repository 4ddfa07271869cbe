using Winnow.Models.Configuration;

namespace Winnow.Bench;

/// <summary>
/// Operations that a result needs, two for each multiply-add of a matrix product or of attention; everything else is left out.
/// docs/performance.md gives the formulas.
/// </summary>
internal static class OperationCount
{
    /// <summary>A prompt, up to the logits of its last row.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="rows">Rows, n.</param>
    public static double Prefill(Qwen2Config config, int rows)
    {
        double width = config.Width,
            queries = (double)config.Heads * config.HeadWidth,
            keys = (double)config.KeyValueHeads * config.HeadWidth;
        double cached = 2 * width * keys, read = (2 * width * queries) + (3 * width * config.MlpWidth);
        double attended = rows * (rows + 1.0) / 2 * 2 * queries;

        // Of the last layer's rows only the last one's result is read; the others leave keys and values and nothing else.
        double layers = (config.Layers - 1) * ((rows * (cached + read)) + attended);
        double last = (rows * cached) + read + (rows * 2 * queries);
        return 2 * (layers + last + (width * config.VocabularyRows));
    }

    /// <summary>One frame through all blocks of the tower.</summary>
    public static double Frame(SiglipConfig config)
    {
        double width = config.Width, tokens = config.Tokens;
        double block = (tokens * ((4 * width * width) + (2 * width * config.MlpWidth))) + (2 * tokens * tokens * width);
        double patches = tokens * 3 * config.PatchSide * config.PatchSide * width;
        return 2 * (patches + (config.Layers * block));
    }
}
