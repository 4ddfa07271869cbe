using Winnow.Engine;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Answering;

/// <summary>
/// Gives every method after the encoder the same number of tokens of one video: each at the retention that makes
/// it keep <c>floor(retention * tokens)</c>.
/// </summary>
/// <remarks>
/// A method that acts inside the language model too, or whose number does not follow the retention, stays as it
/// is; the table marks what misses its budget.
/// </remarks>
internal sealed class BudgetMatch(VideoEngine engine, EncodedClip clip)
{
    private readonly Dictionary<(string, double, string?), MethodSetting> _matched = [];

    /// <summary>
    /// The setting at the retention that meets its budget for this video (and this question, for a method that looks at it).
    /// </summary>
    public MethodSetting For(MethodSetting setting, string question)
    {
        if (setting.Choice is not { Reducer: not null, Prefill: null, Cache: null }
            || setting.Method.Contains('+', StringComparison.Ordinal))
            return setting;
        (string, double, string?) key = (setting.Method, setting.Retention, setting.Choice.ReducerLooksAtQuestion ? question : null);
        if (!_matched.TryGetValue(key, out MethodSetting? matched))
            _matched.Add(key, matched = Match(setting, question));
        return matched;
    }

    private MethodSetting Match(MethodSetting setting, string question)
    {
        int target = Math.Max(1, (int)(setting.Retention * clip.Video.Grid.Count));
        double retention = BudgetSearch.Find(Count, setting.Retention, target, Summaries.BudgetTolerance);
        return retention == setting.Retention ? setting : MethodSetting.Of(setting.Method, retention);

        int Count(double share) =>
            engine.Reduce(
                clip,
                share == setting.Retention ? setting.Choice : MethodSetting.Of(setting.Method, share).Choice,
                question)!.Count;
    }
}
