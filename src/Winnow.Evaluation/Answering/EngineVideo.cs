using System.Text;
using Winnow.Engine;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Answering;

/// <summary>A video encoded by a loaded model.</summary>
internal sealed class EngineVideo(VideoEngine engine, EncodedClip clip) : IEncodedVideo
{
    /// <inheritdoc/>
    public async Task<Answer> AnswerAsync(AnswerRequest request, MethodSetting setting, CancellationToken cancellation)
    {
        using Conversation conversation = engine.Start(clip, setting.Choice);
        IReadOnlyList<double> likelihoods = [];
        var reply = new StringBuilder();
        if (request.Continuations.Count > 0)
            likelihoods = await conversation.LogLikelihoodsAsync(request.Prompt, request.Continuations, cancellation).ConfigureAwait(false);
        else
            await foreach (string piece in conversation.AskAsync(request.Prompt, new AnswerOptions { MaximumTokens = request.MaxNewTokens }, cancellation).ConfigureAwait(false))
                reply.Append(piece);
        TurnAccount account = conversation.Account!;
        return new Answer
        {
            Reply = reply.ToString(),
            LogLikelihoods = likelihoods,
            WholeTokens = account.VisualTokens,
            VisualTokens = account.KeptTokens,
            PromptTokens = account.PromptTokens,
            GeneratedTokens = account.GeneratedTokens,
            PrefillFlops = engine.Model.TextConfig.PrefillOperations(account.PromptTokens),
            CacheBytes = account.CacheBytes,
            Times = account.Times,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The features are memory of the runtime's; nothing is held beyond them.
    }
}
