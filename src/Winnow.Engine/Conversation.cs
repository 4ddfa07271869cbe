using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Winnow.Models.Generate;
using Winnow.Models.Prefill;
using Winnow.Models.Tokenize;
using Winnow.Reduction;

namespace Winnow.Engine;

/// <summary>Questions about one video. The first turn reduces and reads the video; later turns reuse its KV cache.</summary>
/// <remarks>One question at a time. A turn that was cancelled or failed ends the conversation: start a new one on the same clip.</remarks>
public sealed class Conversation : IDisposable
{
    private readonly VideoEngine _engine;
    private readonly EncodedClip _clip;
    private readonly ReductionChoice _choice;
    private readonly DecoderSession _session;
    private readonly List<ChatMessage> _messages = [];
    private readonly List<int> _held = [];
    private readonly VideoParts _parts;
    private IReadOnlyList<int> _visualTokens = [];
    private Beginning? _beginning;
    private bool _broken;

    internal Conversation(VideoEngine engine, EncodedClip clip, ReductionChoice choice, VideoParts parts)
    {
        (_engine, _clip, _choice, _parts) = (engine, clip, choice, parts);
        _session = engine.Model.StartSession(engine.HalfCache);
    }

    /// <summary>What the last finished question cost; null before the first.</summary>
    public TurnAccount? Account { get; private set; }

    /// <summary>What was kept of the video; null before the first question, or where everything is kept.</summary>
    public ReductionPlan? Plan { get; private set; }

    /// <summary>
    /// What was left of the video wherever rows left inside the language model, in that order; for
    /// pictures. Empty before the first question.
    /// </summary>
    public IReadOnlyList<LayerPlan> LayerPlans =>
        [.. _session.Cuts.Select(cut => LayerPlan.Of(cut, _visualTokens, Plan, _clip.Video.Grid.Count))];

    /// <summary>Reads the video before there is a question, so that a first question costs only its own rows.</summary>
    /// <remarks>
    /// What it took counts to every first question after it: that is what the question would have cost without the others.
    /// </remarks>
    /// <exception cref="InvalidOperationException">Something was read already, or the method looks at the question.</exception>
    public void ReadAhead()
    {
        if (_held.Count > 0)
            throw new InvalidOperationException("The video has been read already; read ahead before the first question.");
        if (!_choice.IsBlindToQuestion)
            throw new InvalidOperationException("The method looks at the question; the video cannot be read before it.");
        const string AnyQuestion = "?";
        ReadOnlySpan<int> ids = _engine.Template.Render([_parts.Ask(AnyQuestion)]);
        ids = ids[..(ids.LastIndexOf(_engine.Model.VideoTokenId) + 1)];
        var clock = Stopwatch.StartNew();
        Plan = _engine.Reduce(_clip, _choice, AnyQuestion);
        PromptRows rows = _engine.Model.Splice(ids, _clip.Video, Plan, _choice.Positions, _parts.Cuts);
        TimeSpan reduce = clock.Elapsed;
        long before = _engine.MultiplyAdds;
        _session.ReadStart(rows);
        _held.AddRange(ids);
        _beginning = new Beginning(ids.Length, _session.Length, _engine.MultiplyAdds - before, reduce, clock.Elapsed - reduce);
    }

    /// <summary>Forgets all questions and answers, however they ended; the video that was read ahead stays read.</summary>
    /// <exception cref="InvalidOperationException">The video was not read ahead.</exception>
    public void StartOver()
    {
        if (_beginning is not { } beginning)
            throw new InvalidOperationException("Only a conversation whose video was read ahead can start over.");
        _session.DropLast(_session.Length - beginning.Rows);
        _held.RemoveRange(beginning.Ids, _held.Count - beginning.Ids);
        _messages.Clear();
        (_broken, Account) = (false, null);
    }

    /// <summary>Asks, and streams the answer piece by piece; no piece splits a character.</summary>
    /// <param name="question">The question; text that looks like a control token stays text.</param>
    /// <param name="options">How to generate; null for greedy.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <exception cref="WinnowException">
    /// The conversation has become longer than the model takes, or an earlier turn was broken off.
    /// </exception>
    public async IAsyncEnumerable<string> AskAsync(
        string question, AnswerOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        options ??= new AnswerOptions();
        options.Validate();
        if (_broken)
            throw new WinnowException("An earlier turn of this conversation was broken off; start a new conversation on the same clip.");
        _broken = true;
        Turn turn = await Task.Run(() => Read(question), cancellation).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var sampler = new Sampler(options.Sampling ?? _engine.Generation.Greedy, _engine.Tokenizer.Size, _engine.Tokenizer.Gaps);
        sampler.Observe([.. _held]);
        var stream = new TextStream(_engine.Tokenizer);
        var stops = new StopMatcher(options.Stops);
        var answer = new StringBuilder();
        ReadOnlyMemory<float> logits = turn.Logits;
        int generated = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int id = sampler.Next(logits.Span);
            generated++;
            string piece = IsEnd(id) ? "" : stops.Push(stream.Push(id));
            if (piece.Length > 0)
            {
                answer.Append(piece);
                yield return piece;
            }
            if (IsEnd(id) || stops.Stopped || generated == options.MaximumTokens)
                break;
            logits = await Task.Run(() => _session.Step(id), cancellation).ConfigureAwait(false);
            _held.Add(id);
        }
        string rest = stops.Stopped ? "" : stops.Push(stream.Flush()) + stops.Flush();
        if (rest.Length > 0)
        {
            answer.Append(rest);
            yield return rest;
        }
        _messages.Add(new ChatMessage(ChatRole.Assistant, answer.ToString()));
        Account = turn.Account with
        {
            GeneratedTokens = generated,
            CacheBytes = _session.CacheBytes,
            Times = turn.Account.Times with { Generate = clock.Elapsed },
        };
        _broken = false;
    }

    /// <summary>Asks, and instead of answering tells how likely given answers are. Ends the conversation.</summary>
    /// <param name="question">The question.</param>
    /// <param name="answers">The answers to compare, each followed by the end of the turn; none may be empty.</param>
    /// <param name="cancellation">Stops between two answers.</param>
    /// <returns>Natural logarithm of each answer's probability, at most 0, in their order.</returns>
    /// <exception cref="WinnowException">As for <see cref="AskAsync"/>, or an answer is empty.</exception>
    public async Task<IReadOnlyList<double>> LogLikelihoodsAsync(
        string question, IReadOnlyList<string> answers, CancellationToken cancellation = default)
    {
        if (answers.Any(string.IsNullOrEmpty))
            throw new WinnowException("One of the answers to compare is empty; each must have at least one character.");
        if (_broken)
            throw new WinnowException("An earlier turn of this conversation was broken off; start a new conversation on the same clip.");
        _broken = true;
        return await Task.Run(() => Compare(question, answers, cancellation), cancellation).ConfigureAwait(false);
    }

    /// <summary>Frees the KV cache.</summary>
    public void Dispose() => _session.Dispose();

    private double[] Compare(string question, IReadOnlyList<string> answers, CancellationToken cancellation)
    {
        Turn turn = Read(question);
        Account = turn.Account;
        // The session overwrites its logits with every step.
        float[] first = turn.Logits.ToArray();
        double[] likelihoods = new double[answers.Count];
        for (int answer = 0; answer < answers.Count; answer++)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] ids = _engine.Tokenizer.Encode(answers[answer]);
            var next = new TokenLikelihoods(first);
            foreach (int id in ids)
            {
                likelihoods[answer] += next.Of(id);
                next = new TokenLikelihoods(_session.Step(id).Span);
            }
            likelihoods[answer] += next.OfAny(_engine.Generation.StopIds.Union(_engine.Model.EndIds));
            _session.DropLast(ids.Length);
        }
        return likelihoods;
    }

    private bool IsEnd(int id) => _engine.Generation.StopIds.Contains(id) || _engine.Model.EndIds.Contains(id);

    private Turn Read(string question) => _messages.Count > 0 ? ReadNext(question)
        : _beginning is { } beginning ? ReadAfter(beginning, question)
        : ReadFirst(question);

    /// <summary>The first turn, when the video has been read ahead.</summary>
    private Turn ReadAfter(Beginning beginning, string question)
    {
        _messages.Add(_parts.Ask(question));
        var clock = Stopwatch.StartNew();
        int[] added = _engine.Template.Render(_messages)[beginning.Ids..];
        long before = _engine.MultiplyAdds - beginning.MultiplyAdds;
        ReadOnlyMemory<float> logits = _session.Prefill(_engine.Model.EmbedText(added, _session.NextPosition));
        _held.AddRange(added);
        return new Turn(
            logits, Describe(beginning.Rows + added.Length, before, Times(beginning.Reduce, beginning.Prefill + clock.Elapsed)));
    }

    /// <summary>The first turn: reduce, splice, prefill.</summary>
    private Turn ReadFirst(string question)
    {
        _messages.Add(_parts.Ask(question));
        int[] ids = _engine.Template.Render(_messages);
        var clock = Stopwatch.StartNew();
        Plan = _engine.Reduce(_clip, _choice, question);
        PromptRows rows = _engine.Model.Splice(ids, _clip.Video, Plan, _choice.Positions, _parts.Cuts);
        _visualTokens = Plan is null ? rows.Places : rows.PlanTokens;
        TimeSpan reduce = clock.Elapsed;
        long before = _engine.MultiplyAdds;
        ReadOnlyMemory<float> logits = _choice is { Prefill: null, Cache: null }
            ? _session.Prefill(rows)
            : _session.Prefill(rows, _choice.Prefill, _choice.Cache);
        _held.AddRange(ids);
        return new Turn(logits, Describe(rows.Rows.Count, before, Times(reduce, clock.Elapsed - reduce)));
    }

    private StageTimes Times(TimeSpan reduce, TimeSpan prefill) =>
        new() { Choose = _clip.Choose, Decode = _clip.Decode, Encode = _clip.Encode, Reduce = reduce, Prefill = prefill };

    /// <summary>A later turn: the cache keeps what the new prompt shares with what it holds; only the rest is read.</summary>
    private Turn ReadNext(string question)
    {
        _messages.Add(new ChatMessage(ChatRole.User, question));
        var clock = Stopwatch.StartNew();
        PromptContinuation next = _engine.Template.Continue([.. _held], _messages);
        _session.DropLast(_held.Count - next.Kept);
        _held.RemoveRange(next.Kept, _held.Count - next.Kept);
        long before = _engine.MultiplyAdds;
        ReadOnlyMemory<float> logits = _session.Prefill(_engine.Model.EmbedText([.. next.Added], _session.NextPosition));
        _held.AddRange(next.Added);
        return new Turn(logits, Describe(next.Added.Count, before, new StageTimes { Prefill = clock.Elapsed }));
    }

    private TurnAccount Describe(int promptRows, long multiplyAddsBefore, StageTimes times) => new()
    {
        Frames = _clip.Video.Grid.Frames,
        Candidates = _clip.Candidates,
        Tower = _clip.Video.Work,
        VisualTokens = _clip.Video.Grid.Count,
        KeptTokens = Plan?.Count ?? _clip.Video.Grid.Count,
        Cuts = [.. _session.Cuts.Select(cut => new LayerCut(cut.Point.Layer, cut.Before, cut.After))],
        Segments = Plan?.Trace.Find<int>(PlanTrace.SegmentStarts)?.Length ?? 0,
        PromptTokens = promptRows,
        PrefillOperations = 2.0 * (_engine.MultiplyAdds - multiplyAddsBefore),
        GeneratedTokens = 0,
        CacheBytes = _session.CacheBytes,
        Times = times,
    };

    /// <summary>What was read ahead, and what it took.</summary>
    /// <param name="Ids">Ids in front of the question; the video's placeholder is the last.</param>
    /// <param name="Rows">Rows that the session holds of them.</param>
    /// <param name="MultiplyAdds">Counted by the kernels.</param>
    /// <param name="Reduce">The method's decision and its application.</param>
    /// <param name="Prefill">Reading the rows.</param>
    private readonly record struct Beginning(int Ids, int Rows, long MultiplyAdds, TimeSpan Reduce, TimeSpan Prefill);

    private readonly record struct Turn(ReadOnlyMemory<float> Logits, TurnAccount Account);
}
