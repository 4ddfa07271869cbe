using Winnow.Models.Families;
using Winnow.Models.Prefill;
using Winnow.Models.Tokenize;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Engine;

/// <summary>
/// <see cref="Signal.FrameScores"/> from the loaded model itself: it is shown one frame after the other and asked whether that helps to
/// answer the question; the score is its probability of answering yes.
/// </summary>
/// <remarks>
/// QuoTA (arXiv 2503.08689, section on the query-oriented frame scores): the question is first turned into the things to look for, by text
/// alone; where that gives none, the frame is judged by the question itself. One short prompt a frame: N visual rows and the question.
/// </remarks>
internal sealed class FrameJudge(VideoEngine engine)
{
    private const string Choices = "\nA. yes\nB. no\nAnswer with the letter only.";
    private const int LongestList = 96;
    private (EncodedVideo Video, string Question, SignalValue Scores)? _last;

    /// <summary>
    /// How much each frame helps, <c>[F]</c>, 0 to 1. Asked again about the same video and question it answers from memory.
    /// </summary>
    /// <param name="video">The video.</param>
    /// <param name="question">The question.</param>
    public SignalValue Judge(EncodedVideo video, string question)
    {
        if (_last is { } last && last.Video == video && last.Question == question)
            return last.Scores;
        string things = Things(Reply(
            $"Question about a video: {question}\n"
            + "Step 1: must physical objects be seen to answer it? Write yes or no.\n"
            + "Step 2: list those objects in square brackets.\n"
            + "Step 3: list again, in square brackets, only what is a physical thing."));
        string asked = (things.Length > 0
            ? $"Does the picture show any of these: {things}?"
            : $"{question}\nIs this picture enough to answer that?") + Choices;
        int[] ids = engine.Template.Render([new ChatMessage(ChatRole.User, asked, Videos: 1)]);
        int yes = engine.Tokenizer.Encode("A")[0];
        float[] scores = [.. Enumerable.Range(0, video.Grid.Frames).Select(frame => Probability(video, frame, ids, yes))];
        var value = new SignalValue(scores, scores.Length);
        _last = (video, question, value);
        return value;
    }

    /// <summary>
    /// What stands in the last pair of brackets after the third step of a reply that says yes in the first; empty where there is none.
    /// </summary>
    /// <param name="reply">The model's reply.</param>
    internal static string Things(string reply)
    {
        string lower = reply.ToLowerInvariant();
        int third = lower.IndexOf("step 3:", StringComparison.Ordinal);
        if (third < 0 || !lower.Contains("step 1: yes", StringComparison.Ordinal))
            return "";
        int open = lower.IndexOf('[', third), close = open < 0 ? -1 : lower.IndexOf(']', open);
        return close < 0 ? "" : lower[(open + 1)..close].Trim();
    }

    private float Probability(EncodedVideo video, int frame, int[] ids, int yes)
    {
        TokenGrid grid = video.Grid;
        var alone = ReductionPlan.Keep([.. Enumerable.Range(frame * grid.TokensPerFrame, grid.TokensPerFrame)], grid.Count);
        using DecoderSession session = engine.Model.StartSession(engine.HalfCache);
        ReadOnlyMemory<float> logits = session.Prefill(engine.Model.Splice(ids, video, alone, PositionRule.Compact));
        return (float)Math.Exp(new TokenLikelihoods(logits.Span).Of(yes));
    }

    /// <summary>A greedy answer to text alone.</summary>
    private string Reply(string text)
    {
        using DecoderSession session = engine.Model.StartSession(engine.HalfCache);
        ReadOnlyMemory<float> logits = session.Prefill(
            engine.Model.EmbedText(engine.Template.Render([new ChatMessage(ChatRole.User, text)]), 0));
        var reply = new List<int>();
        while (reply.Count < LongestList)
        {
            int id = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.Span[..engine.Tokenizer.Size]);
            if (engine.Generation.StopIds.Contains(id) || engine.Model.EndIds.Contains(id))
                break;
            reply.Add(id);
            logits = session.Step(id);
        }
        return engine.Tokenizer.Decode([.. reply]);
    }
}
