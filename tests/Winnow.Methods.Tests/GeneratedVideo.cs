using FsCheck;
using FsCheck.Fluent;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>A made-up video: scenes whose places partly change, partly repeat, sometimes all alike or all zero; with the signals that a
/// method asks for.</summary>
internal sealed record GeneratedVideo(TokenGrid Grid, int Dimension, VideoKind Kind, int Seed)
{
    private const int Heads = 3;
    private const int TowerWidth = 9;
    private const int TextWidth = 5;

    public static Arbitrary<(GeneratedVideo Video, double Retention)> WithRetention() => Arb.From(
        from video in Any()
        from budget in Gen.Choose(1, video.Grid.Count)
        from exact in Gen.Elements(true, false)
            // Either a retention of so many tokens, or one between two counts.
        select (video, Math.Min(1, exact ? Math.BitIncrement((double)budget / video.Grid.Count) : (budget + 0.37) / video.Grid.Count)));

    public ReductionInput Input(IEnumerable<SignalNeed> needs)
    {
        var signals = needs.ToDictionary(need => need.Alternatives[0], need => SignalOf(need.Alternatives[0].Kind));
        return new ReductionInput(new TokenMatrix(Features(), Dimension), Grid, signals);
    }

    /// <summary>The same video with one value that is not a number.</summary>
    public ReductionInput Broken(IEnumerable<SignalNeed> needs)
    {
        float[] features = Features();
        features[Seed % features.Length] = float.NaN;
        var signals = needs.ToDictionary(need => need.Alternatives[0], need => SignalOf(need.Alternatives[0].Kind));
        return new ReductionInput(new TokenMatrix(features, Dimension), Grid, signals);
    }

    private static Gen<GeneratedVideo> Any() =>
        from frames in Gen.Frequency((1, Gen.Constant(1)), (6, Gen.Choose(1, 13)))
        from rows in Gen.Choose(1, 6)
        from columns in Gen.Choose(1, 6)
        from dimension in Gen.Choose(1, 12)
        from kind in Gen.Frequency((6, Gen.Constant(VideoKind.Scenes)), (2, Gen.Constant(VideoKind.Noise)),
            (1, Gen.Constant(VideoKind.Identical)), (1, Gen.Constant(VideoKind.Zeros)),
            (2, Gen.Constant(VideoKind.Duplicates)))
        from seed in Gen.Choose(0, 1_000_000)
        select new GeneratedVideo(new TokenGrid(frames, rows, columns), dimension, kind, seed);

    private float[] Features()
    {
        var random = new Random(Seed);
        float[] values = new float[Grid.Count * Dimension];
        if (Kind == VideoKind.Zeros)
            return values;
        int sceneLength = random.Next(1, 6);
        float[] scene = Normal(random, Grid.TokensPerFrame * Dimension);
        bool[] changes = [.. Enumerable.Range(0, Grid.TokensPerFrame).Select(_ => random.NextDouble() < 0.4)];
        for (int i = 0; i < values.Length; i++)
        {
            int frame = i / (Grid.TokensPerFrame * Dimension), inFrame = i % (Grid.TokensPerFrame * Dimension);
            if (inFrame == 0 && frame > 0 && frame % sceneLength == 0)
                scene = Normal(random, scene.Length);
            values[i] = Kind switch
            {
                VideoKind.Identical => 0.5f + i % Dimension,
                VideoKind.Noise => Sample(random),
                VideoKind.Duplicates => scene[inFrame % (Dimension * Math.Min(3, Grid.TokensPerFrame))],
                _ => scene[inFrame] + (changes[inFrame / Dimension] ? 1f : 0.02f) * Sample(random),
            };
        }
        return values;
    }

    private SignalValue SignalOf(Signal kind)
    {
        (int f, int n) = (Grid.Frames, Grid.TokensPerFrame);
        return kind switch
        {
            Signal.ReceivedAttention or Signal.PoolingAttention or Signal.ProjectorSensitivity => Attention(f, n),
            Signal.AttentionMap => Attention(f, n, n),
            Signal.ClassAttention => Attention(f, Heads, 1 + n),
            Signal.FrameEmbeddings => Vectors(f, TowerWidth),
            Signal.EncoderFeatures or Signal.EncoderKeys => Vectors(f, n, TowerWidth),
            Signal.ClassQuery or Signal.ClassKey or Signal.ClassFeatures => Vectors(f, TowerWidth),
            Signal.ImageEmbeddings => Vectors(f, n, TextWidth),
            Signal.TextEmbeddings => Vectors(1 + Seed % 2, TextWidth),
            Signal.Pixels => Shares(f, 2, n, 12),
            Signal.FrameScores => Shares(f),
            Signal.AudioAttention => Attention(AudioTokens),
            Signal.AudioWindows => AudioWindows(),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind,
                "The contract suite has no generator for this signal yet: add one."),
        };
    }

    private SignalValue Vectors(params int[] shape) =>
        new(Kind == VideoKind.Zeros ? new float[shape.Aggregate(1, (product, side) => product * side)]
            : Normal(new Random(Seed + shape.Length), shape.Aggregate(1, (product, side) => product * side)), shape);

    private int AudioTokens => 3 + Seed % 40;

    // Values from 0 to 1; all 0 where the video is.
    private SignalValue Shares(params int[] shape)
    {
        var random = new Random(Seed + 3);
        float[] values = new float[shape.Aggregate(1, (product, side) => product * side)];
        for (int i = 0; i < values.Length; i++)
            values[i] = Kind switch { VideoKind.Zeros => 0, VideoKind.Identical => 0.5f, _ => random.NextSingle() };
        return new SignalValue(values, shape);
    }

    // Windows of two frames; the last ones have no audio where it has run out.
    private SignalValue AudioWindows()
    {
        var values = new List<float>();
        int audio = AudioTokens;
        for (int frame = 0; frame < Grid.Frames; frame += 2)
        {
            int heard = frame + 2 >= Grid.Frames && Seed % 3 > 0 ? audio : Math.Min(audio, AudioTokens / 4);
            values.AddRange([Math.Min(2, Grid.Frames - frame) * Grid.TokensPerFrame, heard]);
            audio -= heard;
        }
        values[1] += audio;
        return new SignalValue(values.ToArray(), values.Count / 2, 2);
    }

    // Rows that sum to one, uniform where the video is.
    private SignalValue Attention(params int[] shape)
    {
        var random = new Random(Seed + 7);
        float[] values = new float[shape.Aggregate(1, (product, side) => product * side)];
        for (int row = 0; row < values.Length; row += shape[^1])
        {
            Span<float> weights = values.AsSpan(row, shape[^1]);
            float sum = 0;
            foreach (ref float weight in weights)
                sum += weight = Kind is VideoKind.Identical or VideoKind.Zeros ? 1 : MathF.Exp(Sample(random));
            foreach (ref float weight in weights)
                weight /= sum;
        }
        return new SignalValue(values, shape);
    }

    private static float[] Normal(Random random, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = Sample(random);
        return values;
    }

    private static float Sample(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}

/// <summary>What a generated video looks like.</summary>
internal enum VideoKind
{
    Scenes,
    Noise,
    Identical,
    Zeros,
    Duplicates,
}
