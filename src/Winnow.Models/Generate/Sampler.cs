namespace Winnow.Models.Generate;

/// <summary>
/// Chooses tokens from logits. One per answer: it remembers what occurred, for the repetition penalty, and where its draws stand.
/// </summary>
/// <remarks>
/// Order of the reference (Hugging Face): repetition penalty, temperature, top-k, top-p, draw. Greedy takes the first index of the maximum.
/// </remarks>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly int _tokenCount;
    private readonly IReadOnlyList<int> _unused;
    private readonly HashSet<int> _seen = [];
    private readonly Random _random;
    private float[] _scores = [];

    /// <summary>Creates the sampler.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="tokenCount">
    /// Number of ids that may be chosen: the tokenizer's size. Rows of the logits from there on have no text and are ignored.
    /// </param>
    /// <param name="unused">Ids below that number that have no text; null for none.</param>
    /// <exception cref="WinnowException">An option is out of its range.</exception>
    public Sampler(SamplingOptions options, int tokenCount, IReadOnlyList<int>? unused = null)
    {
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokenCount);
        _options = options;
        _tokenCount = tokenCount;
        _unused = unused ?? [];
        _random = new Random(options.Seed);
    }

    /// <summary>Notes ids that occurred without being chosen here: the prompt. Ids that are no tokens are passed over.</summary>
    public void Observe(ReadOnlySpan<int> ids)
    {
        if (_options.RepetitionPenalty == 1)
            return;
        foreach (int id in ids)
            if ((uint)id < (uint)_tokenCount)
                _seen.Add(id);
    }

    /// <summary>Chooses the next token and notes it.</summary>
    /// <param name="logits">One per row of the model's head, <c>[vocabulary]</c>; not changed.</param>
    /// <exception cref="WinnowException">No logit of a token is a number, as damaged weights or an overflow cause.</exception>
    public int Next(ReadOnlySpan<float> logits)
    {
        Span<float> scores = Scores(logits);
        int first = IndexOfMax(scores);
        if (first < 0)
            throw new WinnowException(
                "The model gave no usable logit (all NaN or minus infinity); its weights are damaged, or a computation overflowed.");
        int chosen = _options.Temperature == 0 ? first : Draw(scores, scores[first]);
        Observe([chosen]);
        return chosen;
    }

    /// <summary>Copies the logits of tokens, with the penalty applied and unused ids ruled out.</summary>
    private Span<float> Scores(ReadOnlySpan<float> logits)
    {
        int count = Math.Min(_tokenCount, logits.Length);
        if (_scores.Length < count)
            _scores = new float[count];
        Span<float> scores = _scores.AsSpan(0, count);
        logits[..count].CopyTo(scores);
        foreach (int id in _seen)
            if (id < count)
                scores[id] = scores[id] > 0 ? scores[id] / _options.RepetitionPenalty : scores[id] * _options.RepetitionPenalty;
        foreach (int id in _unused)
            if (id < count)
                scores[id] = float.NegativeInfinity;
        return scores;
    }

    /// <summary>The first index of the maximum; NaN never wins. -1 if there is nothing above minus infinity.</summary>
    private static int IndexOfMax(ReadOnlySpan<float> scores)
    {
        int best = -1;
        float maximum = float.NegativeInfinity;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > maximum)
            {
                maximum = scores[i];
                best = i;
            }
        }
        return best;
    }

    private int Draw(Span<float> scores, float maximum)
    {
        float hottest = maximum / _options.Temperature;
        foreach (ref float score in scores)
            score /= _options.Temperature;
        List<Candidate> candidates = [];
        float threshold = TopKThreshold(scores);
        double total = 0;
        for (int id = 0; id < scores.Length; id++)
        {
            if (!(scores[id] >= threshold))
                continue;
            // Equal infinities would otherwise give NaN.
            double weight = scores[id] == hottest ? 1 : Math.Exp((double)scores[id] - hottest);
            if (weight == 0)
                continue;
            candidates.Add(new Candidate(id, weight));
            total += weight;
        }
        if (_options.TopP < 1)
            total = KeepTopP(candidates, total);
        return Pick(candidates, _random.NextDouble() * total);
    }

    /// <summary>The least of the k largest scores: everything equal to it stays, as in the reference.</summary>
    private float TopKThreshold(ReadOnlySpan<float> scores)
    {
        if (_options.TopK == 0 || _options.TopK >= scores.Length)
            return float.NegativeInfinity;
        var largest = new PriorityQueue<float, float>(_options.TopK + 1);
        foreach (float score in scores)
        {
            if (float.IsNaN(score))
                continue;
            if (largest.Count < _options.TopK)
                largest.Enqueue(score, score);
            else if (score > largest.Peek())
                largest.DequeueEnqueue(score, score);
        }
        return largest.Peek();
    }

    /// <summary>Drops the tail whose probability, summed from the least, is at most 1 - p. Returns the weight left.</summary>
    private double KeepTopP(List<Candidate> candidates, double total)
    {
        double tail = (1 - (double)_options.TopP) * total;
        // Candidates this light are in the tail in whatever order, which spares sorting most of a large vocabulary.
        double light = tail / candidates.Count;
        double sum = candidates.Where(candidate => candidate.Weight <= light).Sum(candidate => candidate.Weight);
        candidates.RemoveAll(candidate => candidate.Weight <= light);
        // Of equal candidates the one with the lower id stays.
        candidates.Sort((a, b) => a.Weight != b.Weight ? a.Weight.CompareTo(b.Weight) : b.Id.CompareTo(a.Id));
        int dropped = 0;
        while (dropped < candidates.Count - 1 && sum + candidates[dropped].Weight <= tail)
            sum += candidates[dropped++].Weight;
        candidates.RemoveRange(0, dropped);
        return total - sum;
    }

    private static int Pick(List<Candidate> candidates, double at)
    {
        foreach (Candidate candidate in candidates)
        {
            at -= candidate.Weight;
            if (at < 0)
                return candidate.Id;
        }
        // Rounding can leave a crumb at the end.
        return candidates[^1].Id;
    }

    private readonly record struct Candidate(int Id, double Weight);
}
