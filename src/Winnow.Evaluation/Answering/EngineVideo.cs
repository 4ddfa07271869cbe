using System.Text;
using Winnow.Engine;
using Winnow.Evaluation.Running;
using Winnow.Reduction;

namespace Winnow.Evaluation.Answering;

/// <summary>A video encoded by a loaded model.</summary>
/// <param name="engine">The model.</param>
/// <param name="encodings">
/// The video, by what was reduced before and inside the vision encoder, and what makes methods keep equal numbers of tokens; null to
/// leave each its own.
/// </param>
internal sealed class EngineVideo(
    VideoEngine engine, IReadOnlyDictionary<EncoderReduction, (EncodedClip Clip, BudgetMatch? Match)> encodings) : IEncodedVideo
{
    /// <inheritdoc/>
    public async Task<Answer> AnswerAsync(AnswerRequest request, MethodSetting setting, CancellationToken cancellation)
    {
        (EncodedClip clip, BudgetMatch? match) = encodings[setting.Choice.Encoder];
        MethodSetting applied = match?.For(setting, request.Prompt) ?? setting;
        using Conversation conversation = engine.Start(clip, applied.Choice);
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

    /// <inheritdoc/>
    public void Dispose()
    {
        // The features are memory of the runtime's; nothing is held beyond them.
    }
}
