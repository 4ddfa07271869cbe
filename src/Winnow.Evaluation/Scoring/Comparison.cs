using Winnow.Evaluation.Running;

namespace Winnow.Evaluation;

/// <summary>Compares settings with the baseline, question by question.</summary>
internal sealed class Comparison
{
    private readonly Dictionary<string, Question> _questions;
    private readonly Aggregation _aggregation;
    private readonly Dictionary<string, AnswerLine>? _baseline;
    private readonly int _seed;
    private (string[] Ids, PairedBootstrap Bootstrap)? _last;

    public Comparison(Dictionary<string, Question> questions, Aggregation aggregation, AnswerLine[]? baseline, int seed)
    {
        (_questions, _aggregation, _seed) = (questions, aggregation, seed);
        _baseline = baseline?.Where(line => line.Error is null && line.Correct is not null).ToDictionary(line => line.Id);
    }

    /// <summary>Share of the baseline's accuracy and its 95% interval, on the questions that both answered.</summary>
    public (double? Share, double? Low, double? High) Kept(AnswerLine[] judged)
    {
        (AnswerLine[] common, AnswerLine[] whole) = Pair(judged);
        if (common.Length == 0)
            return (null, null, null);
        double accuracy = Summaries.Accuracy(common, _questions, _aggregation)!.Value,
            wholeAccuracy = Summaries.Accuracy(whole, _questions, _aggregation)!.Value;
        if (wholeAccuracy == 0)
            return (null, null, null);
        (double low, double high) = Bootstrap(common).KeptInterval(
            [.. common.Select(line => line.Correct == true)], [.. whole.Select(line => line.Correct == true)]);
        return (accuracy / wholeAccuracy, low, high);
    }

    /// <summary>How sure it is that a share of the baseline's accuracy is kept, in [0, 1].</summary>
    public double Certainty(AnswerLine[] judged, double target)
    {
        (AnswerLine[] common, AnswerLine[] whole) = Pair(judged);
        return common.Length == 0
            ? 0
            : Bootstrap(common).ShareReaching(
                [.. common.Select(line => line.Correct == true)], [.. whole.Select(line => line.Correct == true)], target);
    }

    private (AnswerLine[] Common, AnswerLine[] Whole) Pair(AnswerLine[] judged)
    {
        AnswerLine[] common = _baseline is null ? [] : [.. judged.Where(line => _baseline.ContainsKey(line.Id))];
        return (common, [.. common.Select(line => _baseline![line.Id])]);
    }

    /// <summary>Settings that answered the same questions share the draws.</summary>
    private PairedBootstrap Bootstrap(AnswerLine[] common)
    {
        string[] ids = [.. common.Select(line => line.Id)];
        if (_last is { } last && last.Ids.AsSpan().SequenceEqual(ids))
            return last.Bootstrap;
        int[]? groups = null;
        if (_aggregation.MeanOver is { } name)
        {
            string[] values = [.. ids.Select(id => _questions[id].Groups[name])];
            string[] distinct = [.. values.Distinct()];
            groups = [.. values.Select(value => Array.IndexOf(distinct, value))];
        }
        var bootstrap = new PairedBootstrap(ids.Length, groups, _seed);
        _last = (ids, bootstrap);
        return bootstrap;
    }
}
