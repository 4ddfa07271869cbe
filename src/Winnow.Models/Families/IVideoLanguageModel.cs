using Winnow.Models.Configuration;
using Winnow.Models.Prefill;
using Winnow.Reduction;

namespace Winnow.Models.Families;

/// <summary>
/// A video language model, whatever its family: from pixels to tokens, from tokens and text to rows, from rows to logits.
/// </summary>
/// <remarks>
/// Immutable once loaded; encodings and sessions made from it are each for one thread at a time, and must be disposed before it.
/// </remarks>
public interface IVideoLanguageModel : IDisposable
{
    /// <summary>How frames become the numbers that <see cref="IVideoEncoding.Add"/> takes.</summary>
    PixelSettings Pixels { get; }

    /// <summary>Layers of the vision tower.</summary>
    int TowerLayers { get; }

    /// <summary>Sizes of the language model.</summary>
    Qwen2Config TextConfig { get; }

    /// <summary>Id that stands for the video in a prompt.</summary>
    int VideoTokenId { get; }

    /// <summary>Rows of logits; often more than the tokenizer has entries.</summary>
    int VocabularyRows { get; }

    /// <summary>Longest sequence in rows.</summary>
    int MaximumLength { get; }

    /// <summary>Ids that end an answer, as far as the model's config names them.</summary>
    IReadOnlyList<int> EndIds { get; }

    /// <summary>What is odd about the folder but does not stop it from working, a line each.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Whether the model can give a signal, so that a method's substitutes can be chosen before anything is computed.</summary>
    bool Supports(SignalRequest request);

    /// <summary>Starts encoding a video.</summary>
    /// <param name="signals">What to compute besides the tokens, at a cost proportional to it.</param>
    /// <param name="reduction">What happens to the patches before and inside the vision encoder; null for nothing.</param>
    /// <exception cref="WinnowException">
    /// The model has no such signal; the message names the remedy. Or the parts of the reduction do not go together.
    /// </exception>
    IVideoEncoding StartVideo(IReadOnlyCollection<SignalRequest> signals, EncoderReduction? reduction = null);

    /// <summary>
    /// The question in the space of <see cref="Signal.ImageEmbeddings"/>: <see cref="Signal.TextEmbeddings"/>, <c>[M, P]</c>.
    /// </summary>
    /// <param name="ids">The question's ids, at least one.</param>
    /// <exception cref="WinnowException">There are none, or one has no embedding.</exception>
    SignalValue EmbedQuestion(ReadOnlySpan<int> ids);

    /// <summary>Puts a video's rows where the prompt has <see cref="VideoTokenId"/>.</summary>
    /// <param name="ids">The prompt with the video's id once, or as often in a row as the unreduced video has rows.</param>
    /// <param name="video">The video.</param>
    /// <param name="plan">What to keep of it; null for everything.</param>
    /// <param name="positions">Which rotary positions the kept tokens get.</param>
    /// <param name="cuts">
    /// Frames, rising, in front of which text cuts the video: the prompt has the id once for each part. A kept token goes to the part that
    /// its place lies in. Null or empty for a video in one piece.
    /// </param>
    /// <exception cref="WinnowException">
    /// The prompt does not hold exactly one video in as many parts, or the plan is for another number of tokens.
    /// </exception>
    PromptRows Splice(
        ReadOnlySpan<int> ids, EncodedVideo video, ReductionPlan? plan, PositionRule positions, IReadOnlyList<int>? cuts = null);

    /// <summary>Text alone: a prompt without a video, or a later turn.</summary>
    /// <param name="ids">Ids, none of them the video's.</param>
    /// <param name="firstPosition">Position of the first: 0, or where the session goes on.</param>
    /// <exception cref="WinnowException">An id has no embedding.</exception>
    PromptRows EmbedText(ReadOnlySpan<int> ids, int firstPosition);

    /// <summary>Starts a sequence.</summary>
    /// <param name="halfCache">Whether its keys and values are kept in 16 bits.</param>
    DecoderSession StartSession(bool halfCache = false);
}
