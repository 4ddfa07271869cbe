using Winnow.Models.Configuration;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Bench.Methods;

/// <summary>
/// Features like a video's: scenes of several frames, in which most places stay as they are but for noise, and some change.
/// </summary>
internal sealed class MadeUpVideo
{
    private const int SceneFrames = 6;
    private const int AudioTokens = 400;
    private const int PixelValues = 3 * 27 * 27;
    private const double ChangingShare = 0.3;
    private const float StillNoise = 0.05f;
    private readonly BenchConfiguration _configuration;
    private readonly TokenGrid _grid;
    private readonly TokenMatrix _features;

    /// <summary>Makes up the tokens.</summary>
    /// <param name="configuration">Sizes.</param>
    /// <param name="frames">Number of frames.</param>
    public MadeUpVideo(BenchConfiguration configuration, int frames)
    {
        _configuration = configuration;
        int side = (int)Math.Round(Math.Sqrt(configuration.TokensPerFrame));
        _grid = new TokenGrid(frames, side, side);
        _features = Scenes(configuration.Model.Text.Width);
    }

    /// <summary>Number of tokens.</summary>
    public int Tokens => _grid.Count;

    /// <summary>Where they come from.</summary>
    public TokenGrid Grid => _grid;

    /// <summary><c>[F * N, D]</c>.</summary>
    public TokenMatrix Features => _features;

    /// <summary>What a method with those needs is given: the preferred signal of each, and threads as the engine lends them.</summary>
    public ReductionInput Input(IEnumerable<SignalNeed> needs, ParallelFor parallel) =>
        new(_features, _grid, Signals(needs)) { Parallel = parallel };

    /// <summary>The preferred signal of each need.</summary>
    public Dictionary<SignalRequest, SignalValue> Signals(IEnumerable<SignalNeed> needs) =>
        needs.Select(need => need.Alternatives[0]).Distinct().ToDictionary(request => request, request => SignalOf(request.Kind));

    private TokenMatrix Scenes(int width)
    {
        int length = _grid.TokensPerFrame * width;
        float[] values = new float[_grid.Frames * length], scene = new float[length], noise = new float[length];
        var random = new Random(1);
        bool[] changes = [.. Enumerable.Range(0, _grid.TokensPerFrame).Select(_ => random.NextDouble() < ChangingShare)];
        for (int frame = 0; frame < _grid.Frames; frame++)
        {
            if (frame % SceneFrames == 0)
                RandomValues.Fill(scene, seed: frame);
            RandomValues.Fill(noise, seed: -1 - frame);
            for (int i = 0; i < length; i++)
                values[(frame * length) + i] = scene[i] + ((changes[i / width] ? 1 : StillNoise) * noise[i]);
        }
        return new TokenMatrix(values, width);
    }

    private SignalValue SignalOf(Signal kind)
    {
        SiglipConfig tower = _configuration.Model.Vision;
        (int frames, int tokens, int width) = (_grid.Frames, _grid.TokensPerFrame, _features.Dimension);
        return kind switch
        {
            Signal.ReceivedAttention or Signal.PoolingAttention or Signal.ProjectorSensitivity => Shares(frames, tokens),
            Signal.AttentionMap => Shares(frames, tokens, tokens),
            Signal.ClassAttention => Shares(frames, tower.Heads, 1 + tokens),
            Signal.FrameEmbeddings or Signal.ClassQuery or Signal.ClassKey or Signal.ClassFeatures => Vectors(frames, tower.Width),
            Signal.EncoderFeatures or Signal.EncoderKeys => Vectors(frames, tokens, tower.Width),
            Signal.ImageEmbeddings => new SignalValue(_features.Values, frames, tokens, width),
            Signal.TextEmbeddings => Vectors(1, width),
            Signal.Pixels => Positive(frames, 1, tokens, PixelValues),
            Signal.FrameScores => Positive(frames),
            Signal.AudioAttention => Shares(AudioTokens),
            Signal.AudioWindows => AudioWindows(),
            _ => throw new WinnowException($"There are no made-up values for the signal {kind} yet; add them to {nameof(MadeUpVideo)}."),
        };
    }

    private static SignalValue Vectors(params int[] shape)
    {
        float[] values = new float[shape.Aggregate(1, (product, side) => product * side)];
        RandomValues.Fill(values, shape.Length);
        return new SignalValue(values, shape);
    }

    private static SignalValue Positive(params int[] shape)
    {
        float[] values = new float[shape.Aggregate(1, (product, side) => product * side)];
        RandomValues.Fill(values, shape.Length);
        return new SignalValue(Array.ConvertAll(values, value => (value + 1) / 2), shape);
    }

    // Rows that sum to one.
    private static SignalValue Shares(params int[] shape)
    {
        float[] values = Positive(shape).Values.ToArray();
        for (int row = 0; row < values.Length; row += shape[^1])
        {
            float sum = values.AsSpan(row, shape[^1]).ToArray().Sum();
            foreach (ref float value in values.AsSpan(row, shape[^1]))
                value /= sum;
        }
        return new SignalValue(values, shape);
    }

    // Windows of two frames, with the audio spread evenly over them.
    private SignalValue AudioWindows()
    {
        int windows = (_grid.Frames + 1) / 2;
        float[] values = new float[2 * windows];
        for (int window = 0; window < windows; window++)
        {
            values[2 * window] = Math.Min(2, _grid.Frames - (2 * window)) * _grid.TokensPerFrame;
            values[(2 * window) + 1] = (AudioTokens * (window + 1) / windows) - (AudioTokens * window / windows);
        }
        return new SignalValue(values, windows, 2);
    }
}
