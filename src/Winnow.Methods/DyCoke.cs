using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>DyCoke, temporal token merging: of each group of frames the first stays whole, the others keep what differs most from the same place before.</summary>
/// <remarks>
/// "DyCoke: Dynamic Compression of Tokens for Fast Video Large Language Models", CVPR 2025, arXiv 2411.15024; KD-TAO/DyCoke at dd746349, llava/model/llava_arch.py
/// (dycole_ttm). In spite of the name, tokens are dropped and none is merged.
/// </remarks>
public sealed class DyCoke(DyCoke.Options options) : ITokenReducer
{
    private const int GroupFrames = 4;
    private const double NotCompared = 2;

    /// <summary>What a user should know of it.</summary>
    public static MethodCard Card { get; } = new()
    {
        Id = "dycoke",
        Name = "DyCoke (TTM)",
        Paper = "DyCoke: Dynamic Compression of Tokens for Fast Video Large Language Models, CVPR 2025",
        ArXiv = "2411.15024",
        OfficialCode = "KD-TAO/DyCoke dd7463498203479d0ff6f2d29c4e72928c0af244",
        Places = MethodPlaces.AfterEncoder,
        Family = MethodFamily.Temporal,
        ChooseWhen = "moderate retention at next to no cost: looks at each token once",
        BudgetRule = "exactly floor(retention * tokens): what whole frames leave is shared by the others; with removedShare, floor((1 - removedShare) * tokens) of each reduced frame",
        Positions = PositionRule.Compact,
        Deviations =
        [
            "Without removedShare the budget decides. Where the whole frames of groups of four would take more than 3/5 of it, groups grow to 8, 16, ... frames (each frame is still compared "
                + "with the latest one of a coarser step); where one whole frame would, evenly spaced tokens of it stand for it. The paper has neither.",
            "A last odd frame, and the third frame of the last group, are treated like all others; the official code loses the one and leaves the other whole (reproduce: as there).",
            "Tokens of a reduced frame keep their order in space; the official code lists the least similar first (reproduce: as there).",
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<SignalNeed> Needs => [];

    /// <inheritdoc/>
    public ReductionPlan Reduce(ReductionInput input)
    {
        (int frames, int tokensPerFrame) = (input.Grid.Frames, input.Grid.TokensPerFrame);
        (int group, int[] counts) = options.RemovedShare is { } removed
            ? (GroupFrames, Given(frames, tokensPerFrame, removed))
            : Budgeted(frames, tokensPerFrame, Budgets.Total(options.Retention, input.Grid.Count));
        double[] similarity = new double[input.Grid.Count];
        Array.Fill(similarity, NotCompared);
        var kept = new List<int>();
        for (int t = 0; t < frames; t++)
        {
            int first = t * tokensPerFrame;
            if (IsWhole(t, frames, group))
            {
                kept.AddRange(EvenSpacing.Middles(tokensPerFrame, counts[t]).Select(n => first + n));
                continue;
            }
            if (IsLost(t, frames))
                continue;
            double[] likeness = TemporalSimilarity.Between(input.Features, tokensPerFrame, t, Reference(t, group));
            likeness.CopyTo(similarity, first);
            kept.AddRange(TopK.Smallest(likeness, counts[t], options.Reproduce ? EmitBy.Score : EmitBy.Place).Select(n => first + n));
        }
        return ReductionPlan.Keep(kept.ToArray(), input.Grid.Count, new PlanTrace { { PlanTrace.FrameBudgets, counts }, { "similarity", similarity } });
    }

    /// <summary>Steps 1, 2 and 5: the product in this order, as the official code has it, since it may fall a rounding error short of a whole number.</summary>
    private int[] Given(int frames, int tokensPerFrame, double removed)
    {
        int reduced = Budgets.Round((1 - removed) * tokensPerFrame, Rounding.Floor);
        return [.. Enumerable.Range(0, frames).Select(t => IsWhole(t, frames, GroupFrames) ? tokensPerFrame : IsLost(t, frames) ? 0 : reduced)];
    }

    private (int Group, int[] Counts) Budgeted(int frames, int tokensPerFrame, int budget)
    {
        int most = frames == 1 ? budget : 3 * budget / 5;
        int group = GroupFrames;
        while (group < frames && (frames + group - 1) / group * tokensPerFrame > most)
            group *= 2;
        int wholeFrames = (frames + group - 1) / group;
        // Only a single whole frame can still exceed its share here.
        int whole = Math.Min(tokensPerFrame, Math.Max(1, most));
        int left = budget - wholeFrames * whole;
        int[] reduced = frames > wholeFrames ? Budgets.Equal(left, frames - wholeFrames) : [];
        int next = 0;
        return (group, [.. Enumerable.Range(0, frames).Select(t => IsWhole(t, frames, group) ? whole : reduced[next++])]);
    }

    private bool IsWhole(int frame, int frames, int group)
    {
        if (IsLost(frame, frames))
            return false;
        return frame % group == 0 || (options.Reproduce && frame % group == group / 2 && frame + group / 2 >= frames);
    }

    private bool IsLost(int frame, int frames) => options.Reproduce && frames % 2 == 1 && frame == frames - 1;

    // Odd frames look one back, the third of four two back, the fifth of eight four back.
    private static int Reference(int frame, int group)
    {
        int place = frame % group;
        return frame - (place & -place);
    }

    /// <summary>Parameters.</summary>
    public sealed record Options : ReducerOptions
    {
        /// <summary>Share dropped from each reduced frame (official: 0.7); null to drop what the retention asks for.</summary>
        [Parameter("share dropped from each reduced frame; auto: what the retention asks", Symbol = "K", Minimum = 0, Maximum = 1)]
        public double? RemovedShare { get; init; }

        /// <summary>Whether the official treatment of the last frames and the official order are kept; goes with <see cref="RemovedShare"/>.</summary>
        [Parameter("keep the official quirks (needs removedShare)")]
        public bool Reproduce { get; init; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            if (Reproduce && RemovedShare is null)
                throw new ArgumentException("reproduce needs removedShare: the official code knows no retention. Give both, such as removedShare=0.7.");
        }
    }
}
