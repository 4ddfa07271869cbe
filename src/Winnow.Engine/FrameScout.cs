using System.Numerics.Tensors;
using Winnow.Media;
using Winnow.Models.Families;
using Winnow.Models.Tokenize;
using Winnow.Reduction;

namespace Winnow.Engine;

/// <summary>
/// Looks at many frames in little detail so that a selector can choose. Candidates are decoded small and, where the selector asks for what
/// the tower sees, pass it one by one on a ninth of their patches; what is kept of each is one vector, or one histogram of its colours.
/// </summary>
internal sealed class FrameScout(
    IVideoLanguageModel model, BpeTokenizer tokenizer, FramePreprocessor preprocessor, FfmpegTools tools, IFrameSelector selector)
{
    private const int CandidatesPerFrame = 4;
    private const int HistogramSide = 64;
    private static readonly Signal[] OfTower = [Signal.FrameEmbeddings, Signal.FrameScores];
    private static readonly Signal[] OfQuestion = [Signal.TextEmbeddings, Signal.FrameScores];

    /// <summary>Chooses.</summary>
    /// <param name="path">The video file.</param>
    /// <param name="options">How many candidates, and the question.</param>
    /// <param name="wanted">How many frames the model is to see.</param>
    /// <param name="cancellation">Stops decoding.</param>
    /// <exception cref="WinnowException">
    /// The selector asks for something that cannot be told of a frame here, or for the question where there is none.
    /// </exception>
    public async Task<ChosenFrames> ChooseAsync(string path, EncodeOptions options, int wanted, CancellationToken cancellation)
    {
        SignalRequest[] signals = [.. selector.FrameNeeds.Select(need => need.Alternatives[0])];
        if (signals.Select(signal => signal.Kind).Where(kind => !IsKnown(kind)).ToArray() is [var unknown, ..])
            throw new WinnowException(
                $"The method chooses frames by {unknown}, which cannot be told of a frame before it is encoded; choose another method.");
        if (signals.Any(signal => OfQuestion.Contains(signal.Kind)) && string.IsNullOrWhiteSpace(options.Question))
            throw new WinnowException(
                "The method chooses frames by the question, which is not known yet; use winnow ask, or a method that needs none.");
        int count = options.Candidates ?? CandidatesPerFrame * wanted;
        if (count < wanted)
            throw new WinnowException($"{count} candidates are too few to choose {wanted} frames from; give at least {wanted}.");

        var sampler = new UniformSampler(count);
        var seen = new List<int>();
        bool looks = signals.Any(signal => OfTower.Contains(signal.Kind));
        bool countsColours = signals.Any(signal => signal.Kind == Signal.FrameHistograms);
        (int, int) size = looks ? (model.Pixels.Width, model.Pixels.Height) : (HistogramSide, HistogramSide);
        var reader = new VideoReader(tools, new VideoReaderOptions { Size = size });
        var histograms = new Dictionary<int, float[]>();
        float[] planes = new float[preprocessor.Length];
        using IVideoEncoding encoding = model.StartVideo([], new EncoderReduction { Patches = CoarsePatches.Rule });
        SampledVideo<int> video = await reader.ReadAsync(path, sampler, (index, width, height, pixels) =>
        {
            if (looks)
            {
                preprocessor.Process(width, height, pixels, planes);
                encoding.Add(planes);
                seen.Add(index);
            }
            if (countsColours)
                histograms[index] = ColourHistogram.Of(width, height, pixels);
            return index;
        }, cancellation).ConfigureAwait(false);
        return Choose(video, new Looks(looks ? Means(encoding.Complete(), seen) : [], histograms), signals, options.Question ?? "", wanted);
    }

    private ChosenFrames Choose(SampledVideo<int> video, Looks looks, SignalRequest[] signals, string question, int wanted)
    {
        var times = new List<TimeSpan>();
        var indices = new List<int>();
        for (int i = 0; i < video.Frames.Count; i++)
            if (times.Count == 0 || video.Times[i] > times[^1])
            {
                times.Add(video.Times[i]);
                indices.Add(video.Frames[i]);
            }
        var candidates = new FrameCandidates(
            times, wanted, signals.ToDictionary(signal => signal, signal => Value(signal.Kind, indices, looks, question)));
        FrameChoice choice = selector.Select(candidates);
        if (choice.Scales is not null && choice.Scales.Any(scale => scale != 1))
            throw new WinnowException(
                "The method wants some frames smaller than others; this model sees every frame in one size. Choose another method.");
        return new ChosenFrames([.. choice.Indices.Select(candidate => indices[candidate])], video.Selection.FrameCount, indices.Count);
    }

    private static bool IsKnown(Signal kind) => OfTower.Contains(kind) || kind is Signal.TextEmbeddings or Signal.FrameHistograms;

    /// <summary>Of each frame the mean of its coarse tokens, in the language model's space.</summary>
    private static Dictionary<int, float[]> Means(EncodedVideo video, List<int> frames)
    {
        HashSet<int> absent = [.. video.Absent];
        var means = new Dictionary<int, float[]>();
        for (int frame = 0; frame < frames.Count; frame++)
        {
            float[] mean = new float[video.Features.Dimension];
            int[] present = [.. Enumerable.Range(frame * video.Grid.TokensPerFrame, video.Grid.TokensPerFrame)
                .Where(token => !absent.Contains(token))];
            foreach (int token in present)
                TensorPrimitives.Add(mean, video.Features[token], mean);
            TensorPrimitives.Divide(mean, present.Length, mean);
            means[frames[frame]] = mean;
        }
        return means;
    }

    private SignalValue Value(Signal kind, List<int> indices, Looks looks, string question)
    {
        if (kind == Signal.FrameHistograms)
            return new SignalValue(
                indices.SelectMany(index => looks.Histograms[index]).ToArray(), indices.Count, looks.Histograms[indices[0]].Length);
        if (kind == Signal.TextEmbeddings)
            return model.EmbedQuestion(tokenizer.Encode(question));
        float[] embeddings = [.. indices.SelectMany(index => looks.Vectors[index])];
        int width = embeddings.Length / indices.Count;
        if (kind == Signal.FrameEmbeddings)
            return new SignalValue(embeddings, indices.Count, width);
        var text = new TokenMatrix(model.EmbedQuestion(tokenizer.Encode(question)).Values, width);
        // From cosines, -1 to 1, to scores, 0 to 1.
        float[] scores = [.. indices.Select(index => (1 + TensorPrimitives.CosineSimilarity(looks.Vectors[index], text[0])) / 2)];
        return new SignalValue(scores, indices.Count);
    }

    /// <summary>What was kept of each candidate, by its number in the video.</summary>
    private sealed record Looks(Dictionary<int, float[]> Vectors, Dictionary<int, float[]> Histograms);
}
