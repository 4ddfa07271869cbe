using Winnow.Models.Prefill;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Tests.Prefill;

public sealed class PrefillReductionTests : IDisposable
{
    // Float32 against double over four small layers.
    private const double Tolerance = 2e-5;
    private static readonly TokenGrid Grid = new(3, 2, 3);
    private const int Before = 4;
    private const int After = 5;
    private readonly SmallModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Method_that_keeps_everything_gives_the_same_bits_as_none()
    {
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After);
        using DecoderSession none = _model.Start(), reduced = _model.Start();
        var run = new ScriptedRun();
        // Inside and behind the last layer all rows must pass through it, instead of the last alone: the same sums in another order.
        for (int layer = 0; layer < SmallModel.Config.Layers; layer++)
            run.At(layer, KeepAll).At(new PrefillPoint(Math.Min(layer, 2), PrefillMoment.AfterAttention), KeepAll);

        Assert.Equal(none.Prefill(prompt).ToArray(), reduced.Prefill(prompt, run, null).ToArray());

        for (int id = 7; id < 10; id++)
            Assert.Equal(none.Step(id).ToArray(), reduced.Step(id).ToArray());
        Assert.Equal(none.CachedRows, reduced.CachedRows);
    }

    [Fact]
    public void Untouched_layers_pass_through_the_shortcut_of_the_last_row_with_the_same_bits()
    {
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After);
        using DecoderSession none = _model.Start(), reduced = _model.Start();

        Assert.Equal(none.Prefill(prompt).ToArray(), reduced.Prefill(prompt, new ScriptedRun().At(1, KeepAll), null).ToArray());
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    public void Dropped_rows_are_as_if_they_had_never_been_there_from_that_layer_on(int layer, bool inside)
    {
        int[] kept = [Before + 1, Before + 2, Before + 7, Before + 11, Before + 17];
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After);
        var point = new PrefillPoint(layer, inside ? PrefillMoment.AfterAttention : PrefillMoment.BeforeLayer);
        using DecoderSession session = _model.Start();

        float[] logits = session.Prefill(prompt, new ScriptedRun().At(point, view => PrefillStep.KeepVisual(view, kept)), null).ToArray();

        NaiveDecoder naive = _model.Naive((l, isInside, rows) => l == layer && isInside == inside ? Without(rows, kept) : rows);
        Close.Relative("logits", naive.Run(SmallModel.States(prompt), prompt.Positions), logits, Tolerance);
        // A layer caches what entered its attention.
        int[] expected = [.. Enumerable.Range(0, 4).Select(l => l < layer || (inside && l == layer) ? 27 : 14)];
        Assert.Equal(expected, session.CachedRows);
        PrefillCut cut = Assert.Single(session.Cuts);
        Assert.Equal((point, 18, 5), (cut.Point, cut.Before, cut.After));
        Assert.Equal(5, cut.WentInto.Where(row => row >= 0).Distinct().Count());
        Assert.Equal((27, 27), (session.Length, session.NextPosition));
    }

    [Theory]
    [InlineData(PositionRule.Original)]
    [InlineData(PositionRule.Compact)]
    public void Later_turns_and_steps_after_pruning_equal_one_long_prompt_pruned_alike(PositionRule positions)
    {
        int[] first = [Before, Before + 3, Before + 4, Before + 9, Before + 16], second = [Before + 3, Before + 16];
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After), turn = SmallModel.Rows(6, 27, seed: 9);
        ScriptedRun run = new ScriptedRun()
            .At(1, view => PrefillStep.KeepVisual(view, first) with { Positions = positions })
            .At(3, view => PrefillStep.KeepVisual(view, RowsOf(view, second)) with { Positions = positions });
        using DecoderSession session = _model.Start();
        session.Prefill(prompt, run, null);

        float[] logits = session.Prefill(turn).ToArray();

        NaiveDecoder naive = _model.Naive((layer, inside, rows) =>
        {
            if (inside || layer is 0 or 2)
                return rows;
            NaiveDecoder.Row[] left = layer == 4 ? rows : Without(rows, layer == 1 ? first : second);
            return positions == PositionRule.Compact ? [.. left.Select((row, i) => row with { Position = i })] : left;
        });
        Close.Relative("logits", naive.Run(SmallModel.States(prompt, turn), [.. prompt.Positions, .. turn.Positions]), logits, Tolerance);
        Assert.Equal([33, 20, 20, 17], session.CachedRows);
        Assert.Equal(33, session.NextPosition);
        // Rows that are taken back leave the rest as it was.
        float[] step = session.Step(11).ToArray();
        session.DropLast(1);
        Assert.Equal(step, session.Step(11).ToArray());
    }

    [Fact]
    public void Merged_rows_carry_their_weighted_sum_and_the_position_of_their_place()
    {
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After);
        int[] members = [Before + 2, Before + 8, Before + 14];
        float[] weights = [0.5f, 0.25f, 0.25f];
        using DecoderSession session = _model.Start();
        ScriptedRun run = new ScriptedRun().At(2, view =>
        {
            var plan = new ReductionPlanBuilder(view.Count);
            for (int row = 0; row < view.Count; row++)
                if (row == members[1])
                    plan.Sum(row, members, weights, 3);
                else if (!members.Contains(row))
                    plan.Keep(row);
            return new PrefillStep(plan.Build());
        });

        float[] logits = session.Prefill(prompt, run, null).ToArray();

        NaiveDecoder naive = _model.Naive((layer, inside, rows) => inside || layer != 2 ? rows :
        [
            .. rows.Where(row => row.Origin != members[0] && row.Origin != members[2])
                .Select(row => row.Origin != members[1] ? row : row with
                {
                    State = [.. row.State.Select((_, i) => members.Zip(weights, (member, weight) => weight * rows[member].State[i]).Sum())],
                }),
        ]);
        Close.Relative("logits", naive.Run(SmallModel.States(prompt), prompt.Positions), logits, Tolerance);
    }

    [Fact]
    public void Rows_cut_from_earlier_caches_are_unseen_by_later_rows_alone()
    {
        int[] kept = [Before + 1, Before + 5, Before + 6];
        int[] slots = [0, 1, 2, 3, .. kept, 22, 23, 24, 25, 26];
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After), turn = SmallModel.Rows(3, 27, seed: 8);
        using DecoderSession session = _model.Start();
        session.Prefill(prompt,
            new ScriptedRun().At(2, view => PrefillStep.KeepVisual(view, kept) with { CacheCuts = [new CacheCut(0, 2, slots)] }), null);
        Assert.Equal([12, 12, 12, 12], session.CachedRows);

        float[] logits = session.Prefill(turn).ToArray();

        NaiveDecoder naive = _model.Naive(
            (layer, inside, rows) => layer == 2 && !inside ? Without(rows, kept) : rows,
            (layer, query, key) => layer < 2 && query >= 27 && key < 27 && !slots.Contains(key));
        Close.Relative("logits", naive.Run(SmallModel.States(prompt, turn), [.. prompt.Positions, .. turn.Positions]), logits, Tolerance);
    }

    [Fact]
    public void Parked_rows_skip_layers_and_come_back_in_their_old_state_and_place()
    {
        int[] kept = [Before, Before + 2, Before + 10], parked = [Before + 3, Before + 1, Before + 12];
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After);
        using DecoderSession session = _model.Start();
        ScriptedRun run = new ScriptedRun()
            .At(1, view => PrefillStep.KeepVisual(view, kept) with { Parked = parked })
            .At(3, view => new PrefillStep(ReductionPlan.Keep([.. Enumerable.Range(0, view.Count)], view.Count)) { ReturnsParked = true });

        float[] logits = session.Prefill(prompt, run, null).ToArray();

        NaiveDecoder.Row[] waiting = [];
        NaiveDecoder naive = _model.Naive((layer, inside, rows) =>
        {
            if (inside || layer is not (1 or 3))
                return rows;
            if (layer == 3)
                return [.. rows.Concat(waiting).OrderBy(row => row.Origin)];
            waiting = [.. rows.Where(row => parked.Contains(row.Origin))];
            return Without(rows, kept);
        });
        Close.Relative("logits", naive.Run(SmallModel.States(prompt), prompt.Positions), logits, Tolerance);
        Assert.Equal([27, 12, 12, 15], session.CachedRows);
    }

    [Fact]
    public void Prompt_that_starts_anew_is_as_if_only_the_chosen_rows_had_ever_entered()
    {
        int[] scouted = [Before, Before + 1, Before + 2], kept = [Before + 4, Before + 15];
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After), turn = SmallModel.Rows(2, 27, seed: 4);
        int pass = 0;
        var run = new ScriptedRun();
        run.At(2, view => pass++ switch
        {
            0 => Again(scouted),
            1 => Again(kept),
            _ => null,
        });
        using DecoderSession session = _model.Start();
        session.Prefill(prompt, run, null);

        float[] logits = session.Prefill(turn).ToArray();

        NaiveDecoder naive = _model.Naive(
            (layer, inside, rows) => layer == 0 && !inside ? [.. Without(rows, kept).Select((row, i) => row with { Position = i })] : rows);
        Close.Relative("logits", naive.Run(SmallModel.States(prompt, turn), [.. prompt.Positions, .. turn.Positions]), logits, Tolerance);
        Assert.Equal([27, 12, 11], run.Seen.Select(view => view.Count));
        Assert.Equal([13, 13, 13, 13], session.CachedRows);
        Assert.Equal(2, Assert.Single(session.Cuts).After);

        PrefillStep Again(int[] rows) =>
            new(ReductionPlan.Keep([0, 1, 2, 3, .. rows, 22, 23, 24, 25, 26], 27)) { StartsAnew = true, Positions = PositionRule.Compact };
    }

    [Fact]
    public void Views_tell_kinds_places_origins_and_positions_of_the_rows_that_are_left()
    {
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After, newline: true);
        ScriptedRun run = new ScriptedRun()
            .At(1, view => PrefillStep.KeepVisual(view, [Before + 5, Before + 18]) with { Positions = PositionRule.Compact })
            .At(2, _ => null);
        using DecoderSession session = _model.Start();

        session.Prefill(prompt, run, null);

        PrefillView view = run.Seen[1];
        Assert.Equal((11, 4, 2, 6), (view.Count, view.VisualStart, view.VisualCount, view.VisualEnd));
        Assert.Equal([0, 1, 2, 3, 9, 22, 23, 24, 25, 26, 27], view.Origins);
        Assert.Equal(Enumerable.Range(0, 11), view.Positions);
        Assert.Equal([5, -1], new[] { 4, 5 }.Select(view.PlaceOf));
        PrefillContext context = run.Context!;
        Assert.Equal((4, 4, 2, 6), (context.Layers, context.Heads, context.KeyValueHeads, context.HeadWidth));
        Assert.Equal((4, 19, Grid), (context.VisualStart, context.VisualCount, context.Grid));
    }

    [Fact]
    public void Answers_that_move_or_drop_text_are_refused()
    {
        PromptRows prompt = SmallModel.Prompt(Before, Grid, After);
        foreach (int[] rows in (int[][])[[1, 0, 2, 3, 5, 22, 23, 24, 25, 26],
            [0, 1, 2, 3, 22, 23, 24, 25], [0, 1, 2, 5, 3, 22, 23, 24, 25, 26]])
        {
            using DecoderSession session = _model.Start();
            Assert.Throws<InvalidOperationException>(() =>
                session.Prefill(prompt, new ScriptedRun().At(1, view => new PrefillStep(ReductionPlan.Keep(rows, view.Count))), null));
        }
    }

    private static PrefillStep KeepAll(PrefillView view) =>
        PrefillStep.KeepVisual(view, Enumerable.Range(view.VisualStart, view.VisualCount));

    private static IEnumerable<int> RowsOf(PrefillView view, int[] origins) =>
        Enumerable.Range(0, view.Count).Where(row => origins.Contains(view.Origins[row]));

    private static NaiveDecoder.Row[] Without(NaiveDecoder.Row[] rows, int[] keptVisual) =>
        [.. rows.Where(row => row.Origin < Before || row.Origin >= Before + Grid.Count || keptVisual.Contains(row.Origin))];
}
