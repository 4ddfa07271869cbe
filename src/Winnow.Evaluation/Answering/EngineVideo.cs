using System.Text;
using Winnow.Engine;
using Winnow.Evaluation.Running;
using Winnow.Reduction;

namespace Winnow.Evaluation.Answering;

/// <summary>A video whose questions a loaded model answers.</summary>
/// <remarks>
/// Settings that leave the vision encoder alone share one encoding; another is made for each setting that does not,
/// and kept while its questions last. Where a setting is blind to the question, the language model reads the video
/// once for all questions that follow each other.
/// </remarks>
/// <param name="engine">The model.</param>
/// <param name="encode">Encodes the video with what is reduced before and inside the vision encoder.</param>
/// <param name="equalTokens">Whether methods are made to keep equal numbers of tokens.</param>
internal sealed class EngineVideo(
    VideoEngine engine, Func<EncoderReduction, CancellationToken, Task<EncodedClip>> encode, bool equalTokens) : IEncodedVideo
{
    private Encoding? _plain;
    private (EncoderReduction Reduction, Encoding Encoding)? _reduced;
    private (MethodSetting Setting, IReadOnlyList<FrameText> Texts, Conversation Conversation)? _read;

    /// <inheritdoc/>
    public async Task<Answer> AnswerAsync(AnswerRequest request, MethodSetting setting, CancellationToken cancellation)
    {
        Encoding encoding = await EncodingAsync(setting.Choice.Encoder, cancellation).ConfigureAwait(false);
        MethodSetting applied = encoding.Match?.For(setting, request.Prompt) ?? setting;
        IReadOnlyList<FrameText> texts = request.Subtitles is { } subtitles
            ? SubtitleInterleaving.Of(subtitles, [.. encoding.Clip.FrameTimes.Select(time => time.TotalSeconds)])
            : [];
        if (!applied.Choice.IsBlindToQuestion)
        {
            using Conversation own = engine.Start(encoding.Clip, applied.Choice, texts);
            return await AskAsync(own, request, applied, cancellation).ConfigureAwait(false);
        }
        if (_read is { } read && ReferenceEquals(read.Setting, applied) && read.Texts.SequenceEqual(texts))
            read.Conversation.StartOver();
        else
            await ReadAsync(encoding.Clip, applied, texts, cancellation).ConfigureAwait(false);
        return await AskAsync(_read!.Value.Conversation, request, applied, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _read?.Conversation.Dispose();
        _read = null;
    }

    private async Task<Encoding> EncodingAsync(EncoderReduction reduction, CancellationToken cancellation)
    {
        if (reduction.IsNone)
            return _plain ??= await NewAsync().ConfigureAwait(false);
        if (_reduced?.Reduction != reduction)
            _reduced = (reduction, await NewAsync().ConfigureAwait(false));
        return _reduced.Value.Encoding;

        async Task<Encoding> NewAsync()
        {
            EncodedClip clip = await encode(reduction, cancellation).ConfigureAwait(false);
            return new Encoding(clip, equalTokens ? new BudgetMatch(engine, clip) : null);
        }
    }

    private async Task ReadAsync(
        EncodedClip clip, MethodSetting applied, IReadOnlyList<FrameText> texts, CancellationToken cancellation)
    {
        Dispose();
        Conversation conversation = engine.Start(clip, applied.Choice, texts);
        try
        {
            await Task.Run(conversation.ReadAhead, cancellation).ConfigureAwait(false);
        }
        catch
        {
            conversation.Dispose();
            throw;
        }
        _read = (applied, texts, conversation);
    }

    private async Task<Answer> AskAsync(
        Conversation conversation, AnswerRequest request, MethodSetting applied, CancellationToken cancellation)
    {
        IReadOnlyList<double> likelihoods = [];
        var reply = new StringBuilder();
        if (request.Continuations.Count > 0)
            likelihoods = await conversation.LogLikelihoodsAsync(request.Prompt, request.Continuations, cancellation).ConfigureAwait(false);
        else
            await foreach (string piece in conversation.AskAsync(
                request.Prompt, new AnswerOptions { MaximumTokens = request.MaxNewTokens }, cancellation).ConfigureAwait(false))
                reply.Append(piece);
        TurnAccount account = conversation.Account!;
        return new Answer
        {
            Reply = reply.ToString(),
            LogLikelihoods = likelihoods,
            AppliedRetention = applied.Retention,
            WholeTokens = account.VisualTokens,
            VisualTokens = Visual(account),
            PromptTokens = account.PromptTokens,
            GeneratedTokens = account.GeneratedTokens,
            PrefillFlops = account.PrefillOperations,
            CacheBytes = account.CacheBytes,
            Times = account.Times,
        };
    }

    /// <summary>Mean over the layers; newline vectors leave in the same proportion as the tokens.</summary>
    private double Visual(TurnAccount account)
    {
        int layers = engine.Model.TextConfig.Layers;
        double sum = 0, now = account.KeptTokens;
        for (int layer = 0; layer < layers; layer++)
        {
            foreach (LayerCut cut in account.Cuts.Where(cut => cut.Layer == layer && cut.Before > 0))
                now *= (double)cut.After / cut.Before;
            sum += now;
        }
        return sum / layers;
    }

    private sealed record Encoding(EncodedClip Clip, BudgetMatch? Match);
}
