using Winnow.Models.Configuration;
using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Bench;

/// <summary>A model of the configuration's shape with made-up weights, and prompts for it.</summary>
internal sealed class BenchDecoder : IDisposable
{
    private const int Seed = 1;
    private readonly MeteredWeights _weights;

    public BenchDecoder(BenchOptions options, Compute compute)
    {
        Configuration = options.Configuration;
        _weights = new MeteredWeights(new RandomWeights(options.Weights, Seed));
        int side = Configuration.Model.Vision.ImageSide;
        Model = new LlavaOneVision(Configuration.Model, new PixelSettings { Height = side, Width = side }, _weights, compute);
    }

    public BenchConfiguration Configuration { get; }

    public LlavaOneVision Model { get; }

    /// <summary>Bytes of every weight of the model as it is stored.</summary>
    public long WeightBytes => _weights.Bytes;

    /// <summary>Bytes of the matrices that each new token reads.</summary>
    public long DecodeBytes => _weights.DecodeBytes;

    /// <summary>A prompt of so many rows, which are embeddings of made-up ids.</summary>
    /// <exception cref="WinnowException">The model takes no prompt of that length.</exception>
    public PromptRows Prompt(int rows)
    {
        if (rows > Model.MaximumLength)
            throw new WinnowException($"{Configuration.Name} takes {Model.MaximumLength} rows; {rows} are too many.");
        var random = new Random(rows);
        int[] ids = new int[rows];
        for (int i = 0; i < rows; i++)
            ids[i] = random.Next(Model.VocabularyRows);
        return Model.EmbedText(ids, 0);
    }

    /// <summary>Reads a prompt with a new session.</summary>
    public void Prefill(PromptRows prompt)
    {
        using DecoderSession session = Model.StartSession();
        session.Prefill(prompt);
    }

    public void Dispose() => Model.Dispose();
}
