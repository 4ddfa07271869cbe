using Winnow.Models.Prefill;
using Winnow.Reduction;

namespace Winnow.Models.Tests.Prefill;

/// <summary>What a method answered, done again by hand to the rows of the slow decoder: rows behind the prompt pass by.</summary>
/// <param name="method">The notes.</param>
/// <param name="prompt">The prompt that they are about.</param>
internal sealed class ReplayedMethod(RecordedMethod method, PromptRows prompt)
{
    private readonly List<NaiveDecoder.Row> _parked = [];

    /// <summary>The rows behind a point.</summary>
    public NaiveDecoder.Row[] Edit(int layer, bool inside, NaiveDecoder.Row[] rows)
    {
        var point = new PrefillPoint(layer, inside ? PrefillMoment.AfterAttention : PrefillMoment.BeforeLayer);
        return method.Steps.Where(noted => noted.Point == point).Aggregate(rows, (now, noted) => Apply(noted.Step, now));
    }

    /// <summary>Rows of the prompt that each layer's cache holds in the end, by their index in the prompt.</summary>
    /// <param name="layers">What entered each layer when the prompt alone was replayed.</param>
    public List<int[]> Cached(IEnumerable<NaiveDecoder.Layer> layers)
    {
        List<int[]> cached = [.. layers.Select(layer => Array.ConvertAll(layer.Entering, row => row.Origin))];
        foreach (CacheCut cut in method.Steps.SelectMany(noted => noted.Step.CacheCuts))
            for (int layer = cut.FirstLayer; layer < cut.FirstLayer + cut.LayerCount; layer++)
                cached[layer] = [.. cut.Rows.Select(row => cached[layer][row])];
        return cached;
    }

    private NaiveDecoder.Row[] Apply(PrefillStep step, NaiveDecoder.Row[] rows)
    {
        NaiveDecoder.Row[] before = [.. rows.Where(IsOfPrompt)];
        ReductionPlan plan = step.Plan;
        List<NaiveDecoder.Row> after = [.. Enumerable.Range(0, plan.Count)
            .Select(token => before[plan.Places[token]] with { State = Sum(plan, token, before) })];
        _parked.AddRange(step.Parked.Select(row => before[row]));
        if (step.ReturnsParked)
        {
            after = [.. after.Concat(_parked).OrderBy(row => row.Origin)];
            _parked.Clear();
        }
        after.AddRange(rows.Where(row => !IsOfPrompt(row)));
        return [.. after.Select((row, i) => step.Positions == PositionRule.Compact ? row with { Position = i } : row)];
    }

    private bool IsOfPrompt(NaiveDecoder.Row row) => row.Origin < prompt.Rows.Count;

    private static double[] Sum(ReductionPlan plan, int token, NaiveDecoder.Row[] rows)
    {
        double[] sum = new double[SmallModel.Config.Width];
        for (int entry = plan.Offsets[token]; entry < plan.Offsets[token + 1]; entry++)
            for (int i = 0; i < sum.Length; i++)
                sum[i] += plan.Weights[entry] * rows[plan.Sources[entry]].State[i];
        return sum;
    }
}
