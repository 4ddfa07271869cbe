using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Bench.Tests;

/// <summary>
/// The formulas against a count by loops over layers, rows and the keys that a row sees, and against what the kernels counted.
/// </summary>
public sealed class OperationCountTests
{
    private static readonly LlavaOneVisionConfig Tiny = BenchConfiguration.Find("tiny").Model;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(37)]
    public void Prefill_counts_every_product_that_is_read(int rows)
    {
        Qwen2Config config = Tiny.Text;
        int queries = config.Heads * config.HeadWidth, keys = config.KeyValueHeads * config.HeadWidth;
        long products = (long)config.Width * config.VocabularyRows;
        for (int layer = 0; layer < config.Layers; layer++)
            for (int row = 0; row < rows; row++)
            {
                products += 2L * config.Width * keys;
                if (layer == config.Layers - 1 && row < rows - 1)
                    continue;
                products += 2L * config.Width * queries + 3L * config.Width * config.MlpWidth;
                for (int key = 0; key <= row; key++)
                    products += 2L * queries;
            }
        Assert.Equal(2.0 * products, OperationCount.Prefill(config, rows));
    }

    [Fact]
    public void Frame_counts_patches_linears_and_full_attention()
    {
        SiglipConfig config = Tiny.Vision;
        long products = 0;
        for (int token = 0; token < config.Tokens; token++)
        {
            products += 3L * config.PatchSide * config.PatchSide * config.Width;
            for (int layer = 0; layer < config.Layers; layer++)
                products += 4L * config.Width * config.Width + 2L * config.Width * config.MlpWidth + 2L * config.Tokens * config.Width;
        }
        Assert.Equal(2.0 * products, OperationCount.Frame(config));
    }

    [Theory]
    [InlineData(WeightType.Int8, 1)]
    [InlineData(WeightType.F32, 50)]
    [InlineData(WeightType.Int8, 1100)]
    public void Prefill_runs_no_product_beyond_the_formula(WeightType type, int rows)
    {
        using var compute = new Compute(2);
        using var decoder = new BenchDecoder(new BenchOptions { Configuration = BenchConfiguration.Find("tiny"), Weights = type }, compute);
        long before = compute.MultiplyAdds;
        decoder.Prefill(decoder.Prompt(rows));
        Assert.Equal(OperationCount.Prefill(Tiny.Text, rows), 2.0 * (compute.MultiplyAdds - before));
    }

    [Fact]
    public void Tower_runs_no_product_beyond_the_formula()
    {
        using var compute = new Compute(2);
        using var arena = new ActivationArena();
        var tower = new SiglipEncoder(Tiny.Vision, new RandomWeights(WeightType.F32, 1), compute);
        var record = new TowerRecord(Tiny.Vision);
        record.State(-1);
        tower.Encode(new float[3 * Tiny.Vision.ImageSide * Tiny.Vision.ImageSide], record, arena);
        Assert.Equal(OperationCount.Frame(Tiny.Vision), 2.0 * compute.MultiplyAdds);
    }
}
