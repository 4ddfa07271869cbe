namespace Winnow.Evaluation;

/// <summary>How an answer is judged.</summary>
public enum Scorer
{
    /// <summary>The reply is the right answer, apart from case, white space and punctuation at the ends.</summary>
    Exact,

    /// <summary>The letter that a parser finds in the reply is that of the right option.</summary>
    Letter,

    /// <summary>The right option is the most likely continuation of the prompt; nothing is generated.</summary>
    Likelihood,
}
