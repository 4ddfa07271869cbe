using System.Globalization;
using Winnow.Engine;
using Winnow.Evaluation.Pictures;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Answering;

/// <summary>
/// What a setting keeps of a video, at each place where it acts: the vision encoder, between encoder and
/// language model, inside the language model.
/// </summary>
public static class KeptViews
{
    /// <summary>Strips for what was kept before the last place; of more places some are left out, evenly.</summary>
    private const int MostStrips = 5;

    /// <summary>Looks at a video as a question would make the setting look at it.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="clip">The video, encoded by it for the setting.</param>
    /// <param name="setting">The method.</param>
    /// <param name="question">The question.</param>
    /// <param name="cancellation">Stops before the answer.</param>
    /// <returns>At least one view.</returns>
    /// <exception cref="WinnowException">The setting acts on the KV cache alone, each head in its own way.</exception>
    public static async Task<IReadOnlyList<KeptView>> OfAsync(
        VideoEngine engine, EncodedClip clip, MethodSetting setting, string question, CancellationToken cancellation)
    {
        if (setting.Choice is { Cache: not null, Encoder.IsNone: true, Reducer: null, Prefill: null })
            throw new WinnowException(
                $"{setting.Method} acts on the KV cache alone, where every head keeps rows of its own; "
                    + "there is no picture of that. Choose another method.");
        string title = string.Create(CultureInfo.InvariantCulture, $"{setting.Method} {100 * setting.Retention:0.#}%");
        var views = new List<KeptView>();
        if (clip.Video.PatchRows.Count > 0)
            views.Add(new KeptView($"{title}, in the encoder", KeptTokens.OfPatches(clip.Video.Patches, clip.Video.PatchRows)));
        if (setting.Choice.Prefill is null)
        {
            if (setting.Choice.Reducer is not null || views.Count == 0)
                views.Add(new KeptView(title, new KeptTokens(clip.Video.Grid, engine.Reduce(clip, setting.Choice, question))));
            return views;
        }
        using Conversation conversation = engine.Start(clip, setting.Choice);
        await foreach (string _ in conversation.AskAsync(
            question, new AnswerOptions { MaximumTokens = 1 }, cancellation).ConfigureAwait(false))
            cancellation.ThrowIfCancellationRequested();
        views.Add(Inside(title, clip, conversation));
        return views;
    }

    private static KeptView Inside(string title, EncodedClip clip, Conversation conversation)
    {
        var entering = new KeptView("entering the language model", new KeptTokens(clip.Video.Grid, conversation.Plan));
        KeptView[] steps = [entering, .. conversation.LayerPlans.Select(
            step => new KeptView($"from layer {step.Layer}", new KeptTokens(clip.Video.Grid, step.Plan)))];
        KeptView last = steps[^1];
        int[] shown = [.. Enumerable.Range(0, Math.Min(MostStrips, steps.Length - 1))
            .Select(i => i * (steps.Length - 1) / Math.Min(MostStrips, steps.Length - 1))];
        return last with { Title = $"{title}, {last.Title}", Before = [.. shown.Select(i => steps[i])] };
    }
}
