using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// STC: inside the encoder, frames between two full ones recompute only the places that changed (cacher); behind it, tokens that look
/// like their frame's average and like the average of the past are dropped, chunk by chunk as frames arrive (pruner).
/// </summary>
/// <remarks>
/// "Accelerating Streaming Video Large Language Models via Hierarchical Token Compression", arXiv 2512.00891; lern-to-write/STC at
/// 9b13ce0, model/custom_siglip.py, model/cache.py and model/prune.py.
/// </remarks>
public sealed class Stc(Stc.Options options) : ITokenReducer, IEncoderCacher, IMultiPlaceMethod
{
    // Widths of the five Gaussian kernels (alpha).
    private static readonly double[] Widths = [1.0 / 8, 1.0 / 4, 1.0 / 2, 1, 2];

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "stc",
        Name = "STC",
        Paper = "Accelerating Streaming Video Large Language Models via Hierarchical Token Compression, CVPR 2026",
        ArXiv = "2512.00891",
        OfficialCode = "lern-to-write/STC 9b13ce0c240a137b29aa543d2e92d7c88c1add47",
        Places = MethodPlaces.InsideEncoder | MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen =
            "streams: decides chunk by chunk from the past alone, every frame keeps equally many tokens, and the vision tower works "
            + "in full on every second frame only",
        BudgetRule =
            "exactly floor(retention * tokens), equal for all frames; or keptPerFrame tokens of every frame; in the encoder the same "
            + "share of a frame's places is computed anew, or updateRatio",
        Positions = PositionRule.Compact,
        Deviations =
        [
            "The memory keeps all channels and the current chunk's channels are read from it; the official code averages chunk means"
                + " whose positions stand for different channels (reproduce).",
            "The memory starts empty with every video; the official evaluation lets earlier videos leak into later ones.",
            "Equal scores go to the lower place, where the official order is undefined.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public MethodPlaces ActivePlaces => options.Parts switch
    {
        Part.Cacher => MethodPlaces.InsideEncoder,
        Part.Pruner => MethodPlaces.AfterEncoder,
        _ => Card.Places,
    };

    /// <inheritdoc/>
    public int ChunkFrames => options.ChunkFrames;

    private double UpdateRatio => options.UpdateRatio ?? options.Retention;

    /// <inheritdoc/>
    public bool IsFull(int chunk) => UpdateRatio == 1 || chunk % options.RefreshInterval == 0;

    /// <inheritdoc/>
    public int[] Recompute(TokenMatrix keys, TokenMatrix reference)
    {
        int count = Math.Clamp(Budgets.Round(keys.Count * UpdateRatio, Rounding.Truncate), 1, keys.Count);
        return TopK.Smallest(KeySimilarity(keys, reference), count, EmitBy.Place);
    }

    /// <summary>Cosine of each place's key with the reference's, over all heads together.</summary>
    /// <param name="keys"><c>[N, C]</c>.</param>
    /// <param name="reference"><c>[N, C]</c>.</param>
    public static double[] KeySimilarity(TokenMatrix keys, TokenMatrix reference)
    {
        double[] similarity = new double[keys.Count];
        for (int place = 0; place < similarity.Length; place++)
            similarity[place] = Similarity.Cosine(keys[place], reference[place]);
        return similarity;
    }

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        int frames = input.Grid.Frames;
        int[] chunks = new int[(frames + options.ChunkFrames - 1) / options.ChunkFrames];
        for (int c = 0; c < chunks.Length; c++)
            chunks[c] = Math.Min(options.ChunkFrames, frames - c * options.ChunkFrames);
        return Reduce(input, chunks);
    }

    /// <summary>Decides for frames that arrived in chunks of different lengths.</summary>
    /// <param name="input">The tokens of all chunks.</param>
    /// <param name="chunks">Frames of each chunk, at least 1 each; their sum is the number of frames.</param>
    /// <exception cref="ArgumentException">The chunks do not sum to the frames, or more tokens of a frame are to be kept than it
    /// has.</exception>
    public ReductionPlan Reduce(ReductionInput input, IReadOnlyList<int> chunks)
    {
        if (chunks.Sum() != input.Grid.Frames || chunks.Any(chunk => chunk < 1))
            throw new ArgumentException(
                $"Chunks of {string.Join(", ", chunks)} frames do not make {input.Grid.Frames} frames.", nameof(chunks));
        int tokensPerFrame = input.Grid.TokensPerFrame;
        int[] budgets = FrameBudgets(input);
        var memory = new Memory(options.Reproduce);
        double[] scores = new double[input.Grid.Count];
        var kept = new List<int>(budgets.Sum());
        int frame = 0;
        foreach (int chunk in chunks)
        {
            TokenMatrix tokens = input.Features.Slice(frame * tokensPerFrame, chunk * tokensPerFrame);
            double[] past = memory.Add(tokens, StableChannels(tokens));
            Score(tokens, tokensPerFrame, memory.LastChannels, past, scores.AsSpan(frame * tokensPerFrame, tokens.Count));
            for (int end = frame + chunk; frame < end; frame++)
                foreach (int place in TopK.Smallest(scores.AsSpan(frame * tokensPerFrame, tokensPerFrame), budgets[frame], EmitBy.Place))
                    kept.Add(frame * tokensPerFrame + place);
        }
        return ReductionPlan.Keep(kept.ToArray(), input.Grid.Count, new PlanTrace
        {
            { PlanTrace.FrameBudgets, budgets },
            { "channels", memory.Channels.SelectMany(channels => channels).ToArray() },
            { "memory", memory.Means.SelectMany(mean => mean).ToArray() },
            { "scores", scores },
        });
    }

    private int[] FrameBudgets(ReductionInput input)
    {
        if (options.KeptPerFrame is not { } kept)
            return Budgets.Equal(Budgets.Total(options.Retention, input.Grid.Count), input.Grid.Frames);
        if (kept > input.Grid.TokensPerFrame)
            throw new ArgumentException($"keptPerFrame is {kept}; a frame has {input.Grid.TokensPerFrame} tokens, give at most that.");
        return [.. Enumerable.Repeat(kept, input.Grid.Frames)];
    }

    /// <summary>Step 1: the channels of lowest variance over the chunk, the steadiest first.</summary>
    private int[] StableChannels(TokenMatrix tokens)
    {
        double[] mean = new double[tokens.Dimension], variance = new double[tokens.Dimension], wide = new double[tokens.Dimension];
        for (int n = 0; n < tokens.Count; n++)
        {
            TensorPrimitives.ConvertTruncating(tokens[n], wide.AsSpan());
            TensorPrimitives.Add(mean, wide, mean);
        }
        TensorPrimitives.Divide(mean, tokens.Count, mean);
        for (int n = 0; n < tokens.Count; n++)
        {
            TensorPrimitives.ConvertTruncating(tokens[n], wide.AsSpan());
            TensorPrimitives.Subtract(wide, mean, wide);
            TensorPrimitives.MultiplyAdd(wide, wide, variance, variance);
        }
        return TopK.Smallest(
            variance, Math.Max(1, Budgets.Round(tokens.Dimension * options.ChannelShare, Rounding.Truncate)), EmitBy.Score);
    }

    /// <summary>Steps 3 and 4: likeness to the past and to the frame's own mean, each through five Gaussian kernels.</summary>
    private static void Score(TokenMatrix tokens, int tokensPerFrame, int[] channels, double[] past, Span<double> scores)
    {
        Normalise(past);
        var directions = new RealMatrix(tokensPerFrame, channels.Length);
        double[] frameMean = new double[channels.Length];
        for (int first = 0; first < tokens.Count; first += tokensPerFrame)
        {
            Array.Clear(frameMean);
            for (int n = 0; n < tokensPerFrame; n++)
            {
                Span<double> direction = directions[n];
                Select(tokens[first + n], channels, direction);
                Normalise(direction);
                TensorPrimitives.Add(frameMean, direction, frameMean);
            }
            TensorPrimitives.Divide(frameMean, tokensPerFrame, frameMean);
            for (int n = 0; n < tokensPerFrame; n++)
                scores[first + n] = Kernels(directions[n], past) + Kernels(directions[n], frameMean);
        }
    }

    private static double Kernels(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double distance = TensorPrimitives.Distance(a, b);
        double sum = 0;
        foreach (double width in Widths)
            sum += Math.Exp(-distance * distance / (2 * width));
        return sum;
    }

    private static void Select(ReadOnlySpan<float> token, int[] channels, Span<double> selected)
    {
        for (int c = 0; c < channels.Length; c++)
            selected[c] = token[channels[c]];
    }

    private static void Normalise(Span<double> vector) =>
        TensorPrimitives.Divide(vector, Math.Max(TensorPrimitives.Norm<double>(vector), 1e-12), vector);

    /// <summary>The mean of every chunk so far, and the plain mean over them.</summary>
    private sealed class Memory(bool byPosition)
    {
        private double[] _sum = [];

        /// <summary>The channels of each chunk.</summary>
        public List<int[]> Channels { get; } = [];

        /// <summary>The mean of each chunk over its channels.</summary>
        public List<double[]> Means { get; } = [];

        /// <summary>The channels of the newest chunk.</summary>
        public int[] LastChannels => Channels[^1];

        /// <summary>Takes a chunk and answers the mean over all chunks, on the new chunk's channels.</summary>
        public double[] Add(TokenMatrix tokens, int[] channels)
        {
            double[] mean = new double[tokens.Dimension], wide = new double[tokens.Dimension];
            for (int n = 0; n < tokens.Count; n++)
            {
                TensorPrimitives.ConvertTruncating(tokens[n], wide.AsSpan());
                TensorPrimitives.Add(mean, wide, mean);
            }
            TensorPrimitives.Divide(mean, tokens.Count, mean);
            double[] selected = Array.ConvertAll(channels, channel => mean[channel]);
            Channels.Add(channels);
            Means.Add(selected);
            double[] added = byPosition ? selected : mean;
            _sum = _sum.Length == 0 ? new double[added.Length] : _sum;
            TensorPrimitives.Add(_sum, added, _sum);
            double[] average = byPosition ? [.. _sum] : Array.ConvertAll(channels, channel => _sum[channel]);
            TensorPrimitives.Divide(average, Means.Count, average);
            return average;
        }
    }

    /// <summary>The halves of the method.</summary>
    public enum Part
    {
        /// <summary>Cacher and pruner.</summary>
        Both,

        /// <summary>Inside the encoder alone.</summary>
        Cacher,

        /// <summary>Behind the encoder alone.</summary>
        Pruner,
    }

    /// <summary>Parameters; the defaults are the official ones.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Tokens kept of every frame (60 of 196 officially); null follows <see cref="ReducerOptions.Retention"/>.</summary>
        [Parameter("tokens kept of every frame; auto follows the retention", Symbol = "k", Minimum = 1)]
        public int? KeptPerFrame { get; init; }

        /// <summary>Frames that arrive and are decided together.</summary>
        [Parameter("frames decided together", Minimum = 1)]
        public int ChunkFrames { get; init; } = 1;

        /// <summary>Which half acts.</summary>
        [Parameter("which half acts: both, the one inside the encoder, or the one behind it")]
        public Part Parts { get; init; }

        /// <summary>Of so many chunks the first is encoded in full.</summary>
        [Parameter("of so many chunks the first is encoded in full", Minimum = 1)]
        public int RefreshInterval { get; init; } = 2;

        /// <summary>
        /// Share of the places that the other chunks compute anew (0.25 officially); null follows <see cref="ReducerOptions.Retention"/>.
        /// </summary>
        [Parameter("share of the places computed anew between full chunks; auto is the retention",
            Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double? UpdateRatio { get; init; }

        /// <summary>Share of the channels, the steadiest ones, that scores look at.</summary>
        [Parameter("share of the channels, the steadiest, that scores look at", Minimum = 0, Maximum = 1, MinimumIsExcluded = true)]
        public double ChannelShare { get; init; } = 0.5;

        /// <summary>
        /// Averages the memory position by position as the official code does, whatever channels the positions stand for.
        /// </summary>
        [Parameter("average the memory by position, as the official code does")]
        public bool Reproduce { get; init; }
    }
}
