using Winnow.Primitives;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Methods;

/// <summary>OmniZip: what the audio says while frames are shown sets how many of their tokens stay.</summary>
/// <remarks>
/// "OmniZip: Audio-Guided Dynamic Token Compression for Fast Omnimodal Large Language Models", CVPR 2026, arXiv 2511.14582;
/// KD-TAO/OmniZip at 66ef5d7,
/// omnizip/omnizip_core.py. This class decides about the visual tokens; <see cref="OmniZipAudio"/> about the audio tokens.
/// </remarks>
public sealed class OmniZip(OmniZip.Options options) : ITokenReducer
{
    // A window's discard rate: 0.75 where no audio is kept, 0.35 where all is.
    private const double LeastDiscard = 0.35;
    private const double MostDiscard = 0.75;
    private const double Met = 1e-3;

    private readonly SignalNeed _attention = SignalNeed.Wish(new SignalRequest(Signal.AudioAttention));
    private readonly SignalNeed _windows = SignalNeed.Wish(new SignalRequest(Signal.AudioWindows));

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "omnizip",
        Name = "OmniZip",
        Paper = "OmniZip: Audio-Guided Dynamic Token Compression for Fast Omnimodal Large Language Models, CVPR 2026",
        ArXiv = "2511.14582",
        OfficialCode = "KD-TAO/OmniZip 66ef5d7f2b7201841505bb45ef6b5b4c5bf99ca8",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "videos with sound in a model that hears; without sound a cheap mix of density peaks and frame differences",
        BudgetRule = "exactly floor(retention * tokens), more in windows where much audio is kept; with discard, the official rates",
        Positions = PositionRule.Original,
        Deviations =
        [
            "Without discard the frames' shares are scaled until the retention is met; the official redistribution is one pass and"
                + " can miss its target.",
            "With discard every frame keeps at least one token; officially small frames can lose all (reproduce).",
            "With discard, where all windows have one rate it is counted once in the redistribution; officially twice (reproduce).",
            "Without audio signals windows are runs of windowFrames frames; officially they are what lies between two runs of audio"
                + " tokens. Windows must be whole frames.",
            "No model of this build hears: in the engine it acts on the visual tokens alone. Through the library, AudioAttention and"
                + " AudioWindows may be given with the input; OmniZipAudio then chooses and merges the audio tokens.",
            "The official commit was read in single files; a transcription of them made the recordings.",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [_attention, _windows];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        Window[] windows = Windows(input);
        int[] budgets = options.Discard is null ? ExactBudgets(windows, input.Grid) : OfficialBudgets(windows, input.Grid.TokensPerFrame);
        var kept = new List<int>(budgets.Sum());
        foreach (Window window in windows)
            for (int t = window.Frames.Start; t < window.Frames.End; t++)
                foreach (int place in (t - window.Frames.Start) % 2 == 0
                    ? Peaks(input.Frame(t), budgets[t])
                    : Changed(input, t, budgets[t]))
                    kept.Add(t * input.Grid.TokensPerFrame + place);
        Window[] paired = [.. windows.Where(window => window.AudioKept is not null)];
        return ReductionPlan.Keep(kept.ToArray(), input.Grid.Count, new PlanTrace
        {
            { PlanTrace.SegmentStarts, Segmentation.Starts(windows.Select(window => window.Frames)) },
            { PlanTrace.FrameBudgets, budgets },
            { "audio_retention", Array.ConvertAll(paired, window => window.AudioKept!.Value) },
            { "base_discard", Array.ConvertAll(paired, window => window.Discard) },
            { "adjusted_discard", options.Discard is null ? [] : Redistribute(paired, input.Grid.TokensPerFrame, options.Discard.Value) },
        });
    }

    /// <summary>Steps 5 and 6: the runs of frames between audio, and how much of their audio is kept.</summary>
    private Window[] Windows(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        if (input.Find(_windows) is not { } counts || input.Find(_attention) is not { } attention)
            return [.. Enumerable.Range(0, (frames + options.WindowFrames - 1) / options.WindowFrames)
                .Select(i => i * options.WindowFrames)
                .Select(start => new Window(new Segment(start, Math.Min(options.WindowFrames, frames - start)), null))];
        bool[] audioKept = new OmniZipAudio(options).Choose(attention.Values.Span).Kept;
        var windows = new List<Window>();
        (int frame, int audio) = (0, 0);
        for (int i = 0; i < counts.Shape[0]; i++)
        {
            (int visualTokens, int audioTokens) = ((int)counts.Values.Span[2 * i], (int)counts.Values.Span[2 * i + 1]);
            if (visualTokens % tokensPerFrame != 0)
                throw new ArgumentException(
                    $"Window {i} has {visualTokens} visual tokens, no whole number of frames of {tokensPerFrame}.", nameof(input));
            if (audio + audioTokens > audioKept.Length)
                throw new ArgumentException(
                    $"The windows have more audio tokens than the {audioKept.Length} whose attention is given.", nameof(input));
            // A float32 mean as in the official code: a frame's count can hang on its last digit.
            float share = audioTokens == 0 ? 0 : (float)audioKept.AsSpan(audio, audioTokens).Count(true) / audioTokens;
            if (visualTokens > 0)
                windows.Add(new Window(new Segment(frame, visualTokens / tokensPerFrame), audioTokens == 0 ? null : share));
            (frame, audio) = (frame + visualTokens / tokensPerFrame, audio + audioTokens);
        }
        return frame == frames ? [.. windows] : throw new ArgumentException(
            $"The windows have {frame} frames; the video has {frames}.", nameof(input));
    }

    /// <summary>
    /// Windows without audio keep the retention; those with audio share the rest in proportion to what their discard rate leaves.
    /// </summary>
    private int[] ExactBudgets(Window[] windows, TokenGrid grid)
    {
        double paired = windows.Sum(window => window.AudioKept is null ? 0 : window.Frames.Length);
        double left = windows.Sum(window => window.AudioKept is null ? 0 : window.Frames.Length * (1 - window.Discard));
        double[] wishes = [.. windows.SelectMany(window =>
            Enumerable.Repeat(
                options.Retention * (window.AudioKept is null ? 1 : (1 - window.Discard) * paired / left), window.Frames.Length))];
        int[] caps = [.. Enumerable.Repeat(grid.TokensPerFrame, grid.Frames)];
        int total = Budgets.Total(options.Retention, grid.Count);
        return Budgets.LargestRemainder(Budgets.Capped(wishes, caps, total), caps, total);
    }

    /// <summary>Steps 7 to 10 with the official rates.</summary>
    private int[] OfficialBudgets(Window[] windows, int tokensPerFrame)
    {
        double discard = options.Discard!.Value;
        var rates = new Queue<double>(Redistribute([.. windows.Where(window => window.AudioKept is not null)], tokensPerFrame, discard));
        int least = options.Reproduce ? 0 : 1;
        return [.. windows.SelectMany(window =>
        {
            double rate = window.AudioKept is null ? discard : rates.Dequeue();
            int kept = Math.Max(least, Budgets.Round(tokensPerFrame * (1 - rate), Rounding.Truncate));
            return Enumerable.Repeat(kept, window.Frames.Length);
        })];
    }

    /// <summary>
    /// Steps 7 and 8: all rates but the smallest and the largest are scaled, then shifted, toward the wanted share; one pass.
    /// </summary>
    private double[] Redistribute(Window[] paired, int tokensPerFrame, double discard)
    {
        double[] rates = Array.ConvertAll(paired, window => window.Discard);
        double[] tokens = Array.ConvertAll(paired, window => (double)window.Frames.Length * tokensPerFrame);
        double target = discard * tokens.Sum();
        if (rates.Length <= 2 || Math.Abs(Discarded() - target) <= Met)
            return rates;
        (int smallest, int largest) = (Array.IndexOf(rates, rates.Min()), Array.IndexOf(rates, rates.Max()));
        int[] others = [.. Enumerable.Range(0, rates.Length).Where(i => i != smallest && i != largest)];
        double held = rates[smallest] * tokens[smallest]
            + (smallest == largest && !options.Reproduce ? 0 : rates[largest] * tokens[largest]);
        double factor = (target - held) / others.Sum(i => rates[i] * tokens[i]);
        foreach (int i in others)
            rates[i] = Math.Clamp(rates[i] * factor, LeastDiscard, MostDiscard);
        double missing = target - Discarded();
        if (Math.Abs(missing) > Met)
        {
            double shift = missing / others.Sum(i => tokens[i]);
            foreach (int i in others)
                rates[i] = Math.Clamp(rates[i] + shift, LeastDiscard, MostDiscard);
        }
        return rates;

        double Discarded() => rates.Zip(tokens, (rate, count) => rate * count).Sum();
    }

    /// <summary>Step 11: the density peaks of a frame, by cosine.</summary>
    private int[] Peaks(TokenMatrix frame, int count)
    {
        RealMatrix distances = Similarity.Cosines(frame);
        for (int i = 0; i < distances.Values.Length; i++)
            distances.Values[i] = 1 - distances.Values[i];
        double[] density = new double[frame.Count];
        double[] nearest = new double[Math.Min(options.Neighbours, frame.Count - 1)];
        for (int i = 0; i < density.Length; i++)
        {
            distances[i, i] = double.PositiveInfinity;
            TopK.SmallestValues(distances[i], nearest);
            density[i] = Math.Exp(-nearest.DefaultIfEmpty(0).Average());
            distances[i, i] = 0;
        }
        return DensityPeaks.Of(distances, density, ownReach: true).Centres(count, EmitBy.Place);
    }

    /// <summary>Step 12: what differs most from the frame before.</summary>
    private static int[] Changed(ReductionInput input, int frame, int count)
    {
        int tokensPerFrame = input.Grid.TokensPerFrame;
        TokenMatrix both = input.Features.Slice((frame - 1) * tokensPerFrame, 2 * tokensPerFrame);
        return TopK.Smallest(TemporalSimilarity.WithPreviousFrame(both, tokensPerFrame), count, EmitBy.Place);
    }

    /// <summary>Frames between two runs of audio.</summary>
    /// <param name="Frames">Which.</param>
    /// <param name="AudioKept">Share of the window's audio that is kept, or null where it has none.</param>
    private sealed record Window(Segment Frames, double? AudioKept)
    {
        /// <summary>Share of the visual tokens to drop, before redistribution.</summary>
        public double Discard => Math.Clamp(MostDiscard - 0.40 * (AudioKept ?? 0), LeastDiscard, MostDiscard);
    }

    /// <summary>Parameters; the defaults are those of the official evaluation.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>
        /// Share of the visual tokens to drop by the official rates (0.6 officially); null meets <see cref="ReducerOptions.Retention"/>
        /// exactly.
        /// </summary>
        [Parameter("share of visual tokens to drop by the official rates; auto meets the retention",
            Symbol = "rho_video", Minimum = 0, Maximum = 1)]
        public double? Discard { get; init; }

        /// <summary>Share of the audio tokens to drop.</summary>
        [Parameter("share of the audio tokens to drop", Symbol = "rho_audio", Minimum = 0, Maximum = 1)]
        public double AudioDiscard { get; init; } = 0.3;

        /// <summary>Audio tokens that take others in, as share of all audio tokens.</summary>
        [Parameter("share of the audio tokens that take others in", Minimum = 0, Maximum = 1)]
        public double AnchorShare { get; init; } = 0.05;

        /// <summary>Most audio tokens folded into one; 0 for none.</summary>
        [Parameter("most audio tokens folded into one", Symbol = "g", Minimum = 0)]
        public int MergeGroup { get; init; } = 3;

        /// <summary>Nearest neighbours in the density.</summary>
        [Parameter("nearest neighbours in the density", Symbol = "k", Minimum = 1)]
        public int Neighbours { get; init; } = 5;

        /// <summary>Frames of a window where no audio tells windows apart.</summary>
        [Parameter("frames of a window where there is no audio", Minimum = 1)]
        public int WindowFrames { get; init; } = 2;

        /// <summary>
        /// Frames may lose all tokens and equal rates count twice, as in the official code; only with <see cref="Discard"/>.
        /// </summary>
        [Parameter("frames may lose all tokens, equal rates count twice, as in the official code")]
        public bool Reproduce { get; init; }
    }
}
