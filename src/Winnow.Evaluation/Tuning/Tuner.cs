using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Tuning;

/// <summary>
/// Finds the setting that reaches a share of the full accuracy at the least time to the first token, and says how sure that is.
/// </summary>
/// <remarks>
/// A race on one half of the videos: all settings answer a few questions; those that almost surely miss the target leave, and so do those
/// that a faster one makes useless; the others answer twice as many, and so on. The winner of many is flattered by chance, so it is
/// measured again on the other half, alone with the baseline, which also times it with no signals but its own.
/// </remarks>
public sealed class Tuner(Func<RunPlan, CancellationToken, Task<IReadOnlyList<AnswerLine>>> ask)
{
    private const int FirstRound = 64;
    private const double Hopeless = 0.02;
    private const double Sure = 0.98;

    /// <summary>Searches.</summary>
    /// <param name="plan">Questions and settings; the baseline among them.</param>
    /// <param name="target">Share of the baseline's accuracy to keep, in (0, 1].</param>
    /// <param name="confidence">How sure the choice must be that it does, in (0, 1).</param>
    /// <param name="cancellation">Ends the search after the answer under way.</param>
    /// <exception cref="WinnowException">A number is out of range, or the set is too small or has no known answers.</exception>
    public async Task<TuningOutcome> RunAsync(RunPlan plan, double target, double confidence, CancellationToken cancellation)
    {
        if (target is not (> 0 and <= 1))
            throw new WinnowException($"The target is {target}; it must be in (0, 1], such as 0.99.");
        if (confidence is not (> 0 and < 1))
            throw new WinnowException($"The confidence is {confidence}; it must be in (0, 1), such as 0.9.");
        (Question[] choosing, Question[] confirming) = Halves(plan);
        Dictionary<(string, double), Candidate> tried = await RaceAsync(plan, choosing, target, cancellation).ConfigureAwait(false);
        Candidate[] ranking = [.. tried.Values.OrderByDescending(item => item.Certainty).ThenBy(item => item.Summary.FirstTokenMs)];
        Candidate? chosen = ranking
            .Where(item => !IsBaseline(item) && item.Summary.Questions == choosing.Length && item.Certainty >= confidence)
            .MinBy(item => item.Summary.FirstTokenMs);
        if (chosen is null)
            return new TuningOutcome(target, null, null, ranking.First(IsBaseline).Summary, ranking);
        RunPlan last = Part(
            plan,
            confirming,
            [.. plan.Settings.Where(
                setting => setting.Method == MethodSetting.Baseline || (setting.Method, setting.Retention) == Key(chosen))]);
        Dictionary<(string, double), Candidate> confirmed = await TryAsync(last, target, cancellation).ConfigureAwait(false);
        return new TuningOutcome(target, chosen, confirmed[Key(chosen)], confirmed.Values.First(IsBaseline).Summary, ranking);
    }

    private async Task<Dictionary<(string, double), Candidate>> RaceAsync(
        RunPlan plan, Question[] questions, double target, CancellationToken cancellation)
    {
        var tried = new Dictionary<(string, double), Candidate>();
        IReadOnlyList<MethodSetting> running = plan.Settings;
        for (int count = Math.Min(FirstRound, questions.Length); ; count = Math.Min(2 * count, questions.Length))
        {
            Dictionary<(string, double), Candidate> round = await TryAsync(
                Part(plan, questions[..count], running), target, cancellation).ConfigureAwait(false);
            foreach ((var key, Candidate candidate) in round)
                tried[key] = candidate;
            if (count == questions.Length)
                return tried;
            running = [.. running.Where(setting => GoesOn(round[(setting.Method, setting.Retention)], round.Values))];
        }
    }

    private static bool GoesOn(Candidate candidate, IEnumerable<Candidate> round) => IsBaseline(candidate)
        || candidate.Certainty > Hopeless && !round.Any(
            other => !IsBaseline(other) && other.Certainty >= Sure && other.Summary.FirstTokenMs < candidate.Summary.FirstTokenMs);

    private async Task<Dictionary<(string, double), Candidate>> TryAsync(RunPlan plan, double target, CancellationToken cancellation)
    {
        IReadOnlyList<AnswerLine> answers = await ask(plan, cancellation).ConfigureAwait(false);
        IReadOnlyDictionary<(string, double), double> certainties = Summaries.Certainties(plan.Set, answers, target, plan.Seed);
        return Summaries.Of(plan.Set, answers, plan.Scorer, plan.Seed)
            .ToDictionary(row => (row.Method, row.Retention), row => new Candidate(row, certainties[(row.Method, row.Retention)]));
    }

    /// <summary>Every second video chooses, the others confirm, so that no video is in both.</summary>
    private static (Question[] Choosing, Question[] Confirming) Halves(RunPlan plan)
    {
        Question[] choosing = [.. new Shard(1, 2).Select(plan.Questions)], confirming = [.. new Shard(2, 2).Select(plan.Questions)];
        if (choosing.Length == 0 || confirming.Length == 0 || !plan.Set.HasAnswers)
            throw new WinnowException(
                $"{plan.Set.Name} has too few videos or no known answers; tuning needs at least two videos with answered questions.");
        return (choosing, confirming);
    }

    private static RunPlan Part(RunPlan plan, IReadOnlyList<Question> questions, IReadOnlyList<MethodSetting> settings) =>
        plan with { Set = plan.Set with { Questions = questions }, Settings = settings, Limit = null, Shard = Shard.Whole };

    private static bool IsBaseline(Candidate candidate) => candidate.Summary.Method == MethodSetting.Baseline;

    private static (string, double) Key(Candidate candidate) => (candidate.Summary.Method, candidate.Summary.Retention);
}
