using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests;

/// <summary>
/// What every method that chooses frames promises, whatever its paper: run over the whole catalog with generated candidates.
/// </summary>
public class FrameSelectorContract
{
    private const int Width = 6;

    public static TheoryData<string> Selectors =>
        [.. Catalog.All.Where(entry => entry.Card.Places.HasFlag(MethodPlaces.Frames)).Select(entry => entry.Card.Id)];

    [Theory]
    [MemberData(nameof(Selectors))]
    public void Some_but_no_more_than_the_wanted_frames_are_chosen_in_time_order(string id) => ForCandidates(candidates =>
    {
        FrameChoice choice = Select(id, candidates);

        Assert.InRange(choice.Indices.Count, 1, Limit(choice, candidates));
        Assert.All(choice.Indices, index => Assert.InRange(index, 0, candidates.Count - 1));
    });

    [Theory]
    [MemberData(nameof(Selectors))]
    public void Same_candidates_give_the_same_choice(string id) => ForCandidates(candidates =>
    {
        FrameChoice first = Select(id, candidates), again = Select(id, candidates);

        Assert.Equal(first.Indices, again.Indices);
        Assert.Equal(first.Scales, again.Scales);
    });

    [Theory]
    [MemberData(nameof(Selectors))]
    public void All_candidates_are_chosen_where_there_are_no_more_than_wanted(string id) => ForCandidates(candidates =>
    {
        if (candidates.Count <= candidates.Wanted)
            Assert.Equal(Enumerable.Range(0, candidates.Count), Select(id, candidates).Indices);
    });

    [Theory]
    [MemberData(nameof(Selectors))]
    public void Card_names_its_paper(string id) =>
        Assert.True(
            Catalog.Find(id).Card.ArXiv is not null || Catalog.Find(id).Card.Family == MethodFamily.Baseline,
            $"{id} names no paper");

    // A choice that shrinks frames may take more of them: each costs what its scale leaves.
    private static int Limit(FrameChoice choice, FrameCandidates candidates)
    {
        if (choice.Scales is null)
            return candidates.Wanted;
        // Costs of a whole budget sum to it up to rounding.
        Assert.InRange(choice.Scales.Sum(scale => 1 / (scale * scale)), 0, candidates.Wanted + 1e-9);
        return candidates.Count;
    }

    private static FrameChoice Select(string id, FrameCandidates candidates) =>
        ((IFrameSelector)Catalog.Find(id).Create([])).Select(candidates);

    private static void ForCandidates(Action<FrameCandidates> check)
    {
        for (int seed = 0; seed < 80; seed++)
        {
            var random = new Random(seed);
            int count = seed == 0 ? 1 : random.Next(1, 150), wanted = random.Next(1, 40);
            int distinct = seed % 4 == 0 ? 1 : seed % 4 == 1 ? 3 : int.MaxValue;
            var signals = new Dictionary<SignalRequest, SignalValue>
            {
                [new SignalRequest(Signal.FrameScores)] = new(Values(count), count),
                [new SignalRequest(Signal.FrameEmbeddings)] = new(Values(count * Width), count, Width),
                [new SignalRequest(Signal.FrameHistograms)] = new(Values(count * Width), count, Width),
                [new SignalRequest(Signal.TextEmbeddings)] = new(Values(Width), 1, Width),
            };
            check(new FrameCandidates([.. Enumerable.Range(0, count).Select(second => TimeSpan.FromSeconds(second))], wanted, signals));

            float[] Values(int values) =>
                [.. Enumerable.Range(0, values).Select(_ => random.Next(distinct) / (float)Math.Min(distinct, int.MaxValue))];
        }
    }
}
