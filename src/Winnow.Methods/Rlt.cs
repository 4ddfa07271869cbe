using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>RLT: patches whose pixels hardly change from one frame to the next are not encoded again.</summary>
/// <remarks>
/// "Don't Look Twice: Faster Video Transformers with Run-Length Tokenization", NeurIPS 2024, arXiv 2411.05222; rccchoudhury/rlt at 69ec8b4,
/// src/models/tokenizer.py. There one
/// transformer sees the whole clip, so that a kept patch attends to the first patch of every run; here, where each frame has the tower to
/// itself, it does so because the places that
/// repeat go on showing the keys and values of that first patch.
/// </remarks>
public sealed class Rlt(Rlt.Options options) : IPatchReducer
{
    // What the official comparison divides pixels by, so that its threshold keeps its meaning for models that divide by something else.
    private static readonly double[] OfficialDeviation = [0.229, 0.224, 0.225];

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "rlt",
        Name = "RLT",
        Paper = "Don't Look Twice: Faster Video Transformers with Run-Length Tokenization, NeurIPS 2024",
        ArXiv = "2411.05222",
        OfficialCode = "rccchoudhury/rlt 69ec8b4b8bf8fc44252108801f095936d9845dba",
        Places = MethodPlaces.BeforeEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "still background: the vision tower computes only what moves; nothing goes away for the language model",
        BudgetRule =
            "follows from the video: patches that differ from the frame before by more than the threshold; a retention of 1 encodes "
            + "every patch",
        Budget = BudgetPromise.Own,
        Positions = PositionRule.Original,
        Deviations =
        [
            "A tubelet is one frame, as the tower takes single frames; the official default is two.",
            "Patches that repeat keep a token each: that of the place in the frame before. The official model has one token a run.",
            "No run-length embedding: it needs training, and the official training-free result does not use it.",
        ],
    };

    /// <inheritdoc/>
    public IPatchRun Begin(PatchContext context) =>
        new Run(options.Retention == 1 ? double.NegativeInfinity : options.Threshold, [.. context.Deviation]);

    /// <summary>
    /// How much each patch differs from an earlier one: absolute difference of the pixels as the official code normalises them, mean over
    /// the patch, then over the channels.
    /// </summary>
    /// <param name="later"><c>[N, 3 * pixels]</c>, channel by channel.</param>
    /// <param name="earlier"><c>[N, 3 * pixels]</c>.</param>
    /// <param name="deviation"><c>[3]</c>: what the pixels were divided by.</param>
    /// <returns><c>[N]</c>.</returns>
    public static double[] Differences(TokenMatrix later, TokenMatrix earlier, ReadOnlySpan<double> deviation)
    {
        double[] differences = new double[later.Count];
        int pixels = later.Dimension / OfficialDeviation.Length;
        for (int patch = 0; patch < differences.Length; patch++)
            for (int channel = 0; channel < OfficialDeviation.Length; channel++)
            {
                ReadOnlySpan<float> a = later[patch].Slice(channel * pixels, pixels), b = earlier[patch].Slice(channel * pixels, pixels);
                float sum = 0;
                for (int i = 0; i < pixels; i++)
                    sum += MathF.Abs(a[i] - b[i]);
                differences[patch] += sum / pixels * (deviation[channel] / OfficialDeviation[channel]) / OfficialDeviation.Length;
            }
        return differences;
    }

    private sealed class Run(double threshold, double[] deviation) : IPatchRun
    {
        private float[]? _previous;

        public void Choose(TokenMatrix patches, Span<PatchFate> fates)
        {
            fates.Fill(PatchFate.Encode);
            if (_previous is not null)
            {
                double[] differences = Differences(patches, new TokenMatrix(_previous, patches.Dimension), deviation);
                for (int patch = 0; patch < fates.Length; patch++)
                    if (!(differences[patch] > threshold))
                        fates[patch] = PatchFate.Repeat;
            }
            _previous ??= new float[patches.Values.Length];
            patches.Values.CopyTo(_previous);
        }
    }

    /// <summary>Parameters; the default is the official one.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Mean absolute difference of normalised pixels above which a patch counts as new.</summary>
        [Parameter("difference of normalised pixels above which a patch counts as new", Symbol = "tau", Minimum = 0)]
        public double Threshold { get; init; } = 0.1;
    }
}
