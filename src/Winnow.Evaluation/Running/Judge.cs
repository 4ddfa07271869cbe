namespace Winnow.Evaluation.Running;

/// <summary>Decides whether an answer is right.</summary>
internal static class Judge
{
    /// <summary>What is asked so that the scorer can decide.</summary>
    /// <exception cref="WinnowException">The question has no options to compare.</exception>
    public static AnswerRequest Request(Question question, RunPlan plan)
    {
        if (plan.Scorer != Scorer.Exact && question.Options.Count == 0)
            throw new WinnowException(
                $"{question.Source}: the question {question.Id} has no options, so that it can only be judged by exact match.");
        bool showsLetters = plan.Set.Protocol.Scorer == Scorer.Letter;
        return new AnswerRequest
        {
            Prompt = question.Prompt,
            Subtitles = question.Subtitles,
            MaxNewTokens = plan.Set.Protocol.MaxNewTokens,
            Continuations = plan.Scorer != Scorer.Likelihood ? []
                : showsLetters ? [.. question.Options.Select((_, option) => Question.Letter(option).ToString())]
                : question.Options,
        };
    }

    /// <summary>The chosen letter and whether it, or the reply, is right; null where the right answer is hidden.</summary>
    public static (char? Letter, bool? Correct) Decide(Question question, Answer answer, RunPlan plan)
    {
        if (plan.Scorer == Scorer.Exact)
            return (null, question.AnswerText is null ? null : AnswerScore.IsExactMatch(answer.Reply, question.AnswerText));
        char? letter = plan.Scorer == Scorer.Likelihood
            ? MostLikely(answer.LogLikelihoods)
            : plan.Parser.Parse(answer.Reply, question.Options);
        if (question.AnswerIndex is { } right)
            return (letter, letter == Question.Letter(right));
        // An answer that is no option (a defect of the data) can never be given: wrong. A hidden one cannot be judged.
        return (letter, question.AnswerText is null ? null : false);
    }

    private static char MostLikely(IReadOnlyList<double> likelihoods)
    {
        int best = 0;
        for (int option = 1; option < likelihoods.Count; option++)
            if (likelihoods[option] > likelihoods[best])
                best = option;
        return Question.Letter(best);
    }
}
