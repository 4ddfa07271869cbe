using System.Globalization;
using Winnow.Methods;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Tests;

/// <summary>
/// What every method inside the language model or on its cache promises, whatever its paper: run
/// over the whole catalog with generated prompts.
/// </summary>
public class PrefillContract
{
    // Weights are float32 and a few hundred may be added.
    private const double WeightTolerance = 1e-4;

    public static TheoryData<string> Inside =>
        [.. Catalog.All.Where(entry => entry.Create([]) is IPrefillReducer).Select(entry => entry.Card.Id)];

    public static TheoryData<string> OnCache =>
        [.. Catalog.All.Where(entry => entry.Create([]) is ICacheReducer).Select(entry => entry.Card.Id)];

    private static IEnumerable<GeneratedPrompt> Prompts =>
    [
        new(new TokenGrid(4, 4, 4), 5, 7, newline: true, seed: 1),
        new(new TokenGrid(7, 2, 4), 1, 3, newline: false, seed: 2),
        new(new TokenGrid(1, 4, 6), 3, 1, newline: true, seed: 3),
        new(new TokenGrid(2, 2, 2), 2, 5, newline: false, seed: 4),
    ];

    [Theory]
    [MemberData(nameof(Inside))]
    public void Text_stays_and_visual_rows_keep_their_order(string id)
    {
        // The stand-in checks text and block at every step.
        foreach (GeneratedPrompt prompt in Prompts)
            foreach (double retention in new[] { 0.1, 0.35, 0.8 })
            {
                GeneratedPrompt.Outcome outcome = prompt.Run(Make(id, retention));
                if (Catalog.Find(id).Card.Order != PlanOrder.Own)
                    Assert.Equal(outcome.Origins.Order(), outcome.Origins);
                Assert.All(outcome.Hidden, value => Assert.True(float.IsFinite(value)));
            }
    }

    [Theory]
    [MemberData(nameof(Inside))]
    public void Visual_rows_left_after_the_last_cut_are_what_the_card_promises(string id)
    {
        foreach (GeneratedPrompt prompt in Prompts)
            foreach (double retention in new[] { 0.13, 0.5, 0.77 })
            {
                double wanted = retention * prompt.Context.VisualCount;
                int left = prompt.Run(Make(id, retention)).VisualCount;
                if (Catalog.Find(id).Card.Budget == BudgetPromise.Rounded)
                    Assert.True(Math.Abs(left - wanted) < 1, $"{left} rows are left; {wanted} were wanted");
                Assert.InRange(left, 0, prompt.Context.VisualCount);
            }
    }

    [Theory]
    [MemberData(nameof(Inside))]
    public void Weights_are_shares_where_the_method_averages(string id)
    {
        foreach (PrefillStep step in Prompts.SelectMany(prompt => prompt.Run(Make(id, 0.3)).Steps))
            for (int row = 0; row < step.Plan.Count; row++)
            {
                float[] weights =
                    [.. step.Plan.Weights.Skip(step.Plan.Offsets[row]).Take(step.Plan.Offsets[row + 1] - step.Plan.Offsets[row])];
                Assert.All(weights, weight => Assert.True(float.IsFinite(weight), $"row {row} has a weight of {weight}"));
                if (Catalog.Find(id).Card.Averages)
                    Assert.InRange(weights.Sum(weight => (double)weight), 1 - WeightTolerance, 1 + WeightTolerance);
            }
    }

    [Theory]
    [MemberData(nameof(Inside))]
    public void Same_prompt_gives_the_same_steps(string id)
    {
        foreach (GeneratedPrompt prompt in Prompts)
        {
            IPrefillReducer method = Make(id, 0.4);
            GeneratedPrompt.Outcome first = prompt.Run(method), again = prompt.Run(method);
            Assert.Equal(first.Origins, again.Origins);
            Assert.Equal(first.Positions, again.Positions);
            Assert.Equal(first.Hidden, again.Hidden);
        }
    }

    [Theory]
    [MemberData(nameof(Inside))]
    public void Retention_of_one_keeps_every_row_as_it_is(string id)
    {
        foreach (GeneratedPrompt prompt in Prompts)
        {
            GeneratedPrompt.Outcome outcome = prompt.Run(Make(id, 1));
            Assert.Equal(Enumerable.Range(0, prompt.Context.Embeddings.Count), outcome.Origins);
            Assert.Equal(outcome.Origins, outcome.Positions);
            Assert.All(outcome.Steps, step => Assert.All(step.Plan.Weights, weight => Assert.Equal(1f, weight)));
        }
    }

    [Theory]
    [MemberData(nameof(OnCache))]
    public void Choices_on_the_cache_are_visual_rows_in_order_and_equally_many_in_each_head(string id)
    {
        foreach (GeneratedPrompt prompt in Prompts)
        {
            ICacheRun run = ((ICacheReducer)Catalog.Find(id).Create([new("retention", "0.4")])).BeginCache(prompt.Context);
            for (int layer = 0; layer < GeneratedPrompt.Layers; layer++)
                if (run.ActsAfterPrefill(layer) && run.KeepAfterPrefill(prompt.Cache(layer, 0)) is { } kept)
                {
                    Assert.Equal(GeneratedPrompt.Heads, kept.Count);
                    Assert.Single(kept.Select(rows => rows.Count).Distinct());
                    Assert.All(kept, rows => IsInOrder(rows, prompt));
                }
            for (int step = 0; step < 4 && run.FirstStepLayer is { } first; step++)
            {
                Assert.InRange(first, 1, GeneratedPrompt.Layers - 1);
                if (run.VisibleInStep(prompt.Cache(first - 1, step)) is { } visible)
                    IsInOrder(visible, prompt);
            }
        }
    }

    [Theory]
    [MemberData(nameof(OnCache))]
    public void Retention_of_one_leaves_the_cache_whole(string id)
    {
        foreach (GeneratedPrompt prompt in Prompts)
        {
            ICacheRun run = ((ICacheReducer)Catalog.Find(id).Create([new("retention", "1")])).BeginCache(prompt.Context);
            Assert.Null(run.FirstStepLayer);
            for (int layer = 0; layer < GeneratedPrompt.Layers; layer++)
                Assert.True(!run.ActsAfterPrefill(layer)
                    || (run.KeepAfterPrefill(prompt.Cache(layer, 0))?.All(rows => rows.Count == prompt.Context.VisualCount) ?? true));
        }
    }

    [Fact]
    public void Cards_of_methods_inside_the_model_state_their_extra_cost() =>
        Assert.All(Catalog.All.Where(entry => entry.Create([]) is IPrefillReducer or ICacheReducer),
            entry => Assert.False(string.IsNullOrWhiteSpace(entry.Card.ExtraCost), entry.Card.Id));

    private static void IsInOrder(IReadOnlyList<int> rows, GeneratedPrompt prompt)
    {
        Assert.Equal(rows.Distinct().Order(), rows);
        Assert.All(rows,
            row => Assert.InRange(row, prompt.Context.VisualStart, prompt.Context.VisualStart + prompt.Context.VisualCount - 1));
    }

    private static IPrefillReducer Make(string id, double retention) =>
        (IPrefillReducer)Catalog.Find(id).Create([new("retention", retention.ToString(CultureInfo.InvariantCulture))]);
}
