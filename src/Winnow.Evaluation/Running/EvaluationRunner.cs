using System.Collections.Concurrent;
using Winnow.Engine;

namespace Winnow.Evaluation.Running;

/// <summary>
/// Puts every question of a plan to a model under every setting and writes the answers down; what the
/// journal holds already is not asked again.
/// </summary>
/// <remarks>
/// A video is taken up once for all its questions and settings, setting by setting, so that what a setting does once for all questions is
/// done once. A question that fails becomes an error line; the run goes on.
/// </remarks>
/// <param name="answerers">Models that work side by side, each on a video of its own; at least one. They answer alike.</param>
/// <param name="clock">Tells the rate.</param>
public sealed class EvaluationRunner(IReadOnlyList<IAnswerer> answerers, TimeProvider clock)
{
    /// <summary>Runs the plan to its end.</summary>
    /// <param name="plan">What is run; settings that the model refuses are to be taken out before.</param>
    /// <param name="journal">Where answers go, and where earlier ones are found.</param>
    /// <param name="progress">Called after every answer, by one thread at a time.</param>
    /// <param name="cancellation">Ends the run after the answers under way; what is written stays.</param>
    /// <exception cref="WinnowException">A question does not fit the scorer.</exception>
    public async Task RunAsync(RunPlan plan, AnswerJournal journal, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        IReadOnlyList<Question> questions = plan.Questions;
        int total = questions.Count * plan.Settings.Count;
        List<Work> open = [.. from setting in plan.Settings
            from question in questions
            where !journal.Holds(question, setting)
            select new Work(question, setting)];
        var pace = new Pace(clock, total - open.Count, total, progress);
        pace.Report();
        var record = new Record(journal, pace);
        ILookup<MediaSource, Work> videos = open.ToLookup(work => work.Question.Media);
        var idle = new ConcurrentBag<IAnswerer>(answerers);
        var options = new ParallelOptions { MaxDegreeOfParallelism = answerers.Count, CancellationToken = cancellation };
        // In the order of the questions, so that a run that is broken off holds whole videos.
        await Parallel.ForEachAsync(
            questions.Select(question => question.Media).Distinct().Where(videos.Contains),
            options,
            async (media, stop) =>
            {
                if (!idle.TryTake(out IAnswerer? answerer))
                    throw new InvalidOperationException("More videos are under way than there are models to answer.");
                await RunVideoAsync(plan, answerer, record, [.. videos[media]], media, stop).ConfigureAwait(false);
                idle.Add(answerer);
            }).ConfigureAwait(false);
    }

    private static async Task RunVideoAsync(
        RunPlan plan, IAnswerer answerer, Record record, List<Work> open, MediaSource media, CancellationToken cancellation)
    {
        IEncodedVideo encoded;
        try
        {
            encoded = await answerer.EncodeAsync(
                media, [.. open.Select(work => work.Setting).Distinct()], cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is WinnowException or ArgumentException)
        {
            foreach (Work work in open)
                record.Add(Line(work) with { Error = error.Message });
            return;
        }
        using (encoded)
            foreach (Work work in open)
            {
                cancellation.ThrowIfCancellationRequested();
                record.Add(await AskAsync(plan, encoded, work, cancellation).ConfigureAwait(false));
            }
    }

    private static async Task<AnswerLine> AskAsync(RunPlan plan, IEncodedVideo encoded, Work work, CancellationToken cancellation)
    {
        AnswerRequest request = Judge.Request(work.Question, plan);
        try
        {
            Answer answer = await encoded.AnswerAsync(request, work.Setting, cancellation).ConfigureAwait(false);
            (char? letter, bool? correct) = Judge.Decide(work.Question, answer, plan);
            return Line(work) with
            {
                Reply = answer.Reply,
                Letter = letter,
                LogLikelihoods = answer.LogLikelihoods,
                Correct = correct,
                AppliedRetention = answer.AppliedRetention,
                WholeTokens = answer.WholeTokens,
                VisualTokens = answer.VisualTokens,
                PromptTokens = answer.PromptTokens,
                GeneratedTokens = answer.GeneratedTokens,
                PrefillFlops = answer.PrefillFlops,
                CacheBytes = answer.CacheBytes,
                PeakBytes = PeakMemory.Bytes,
                DecodeMs = answer.Times.Decode.TotalMilliseconds,
                EncodeMs = answer.Times.Encode.TotalMilliseconds,
                ReduceMs = answer.Times.Reduce.TotalMilliseconds,
                PrefillMs = answer.Times.Prefill.TotalMilliseconds,
                GenerateMs = answer.Times.Generate.TotalMilliseconds,
            };
        }
        catch (Exception error) when (error is WinnowException or ArgumentException)
        {
            return Line(work) with { Error = error.Message };
        }
    }

    private static AnswerLine Line(Work work) => new()
    {
        Id = work.Question.Id,
        Method = work.Setting.Method,
        Retention = work.Setting.Retention,
        PromptHash = PromptHash.Of(work.Question),
    };

    /// <summary>Journal and progress, for one worker at a time.</summary>
    private sealed class Record(AnswerJournal journal, Pace pace)
    {
        private readonly Lock _gate = new();

        public void Add(AnswerLine line)
        {
            lock (_gate)
            {
                journal.Append(line);
                pace.Advance(line.Error is not null);
            }
        }
    }

    private readonly record struct Work(Question Question, MethodSetting Setting);

    private sealed class Pace(TimeProvider clock, int resumed, int total, IProgress<RunProgress>? progress)
    {
        private readonly long _start = clock.GetTimestamp();
        private int _done;
        private int _errors;

        public void Advance(bool isError)
        {
            _done++;
            _errors += isError ? 1 : 0;
            Report();
        }

        public void Report()
        {
            double seconds = clock.GetElapsedTime(_start).TotalSeconds;
            double rate = _done == 0 || seconds <= 0 ? 0 : _done / seconds;
            int left = total - resumed - _done;
            progress?.Report(new RunProgress(resumed + _done, total, _errors, rate, rate > 0 ? TimeSpan.FromSeconds(left / rate) : null));
        }
    }
}
