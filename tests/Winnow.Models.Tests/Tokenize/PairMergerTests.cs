using FsCheck;
using FsCheck.Fluent;
using Winnow.Models.Tokenize;

namespace Winnow.Models.Tests.Tokenize;

public sealed class PairMergerTests
{
    /// <summary>Random merges over four letters, so that merges overlap and chain; ids from 4 on are results.</summary>
    [Fact]
    public void Merger_random_tables_agree_with_merging_one_pair_at_a_time()
    {
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            Gen.Choose(0, 3).ArrayOf().ToArbitrary(),
            (seed, letters) =>
            {
                MergeTable merges = RandomMerges(seed);
                int[] merged = [.. letters];
                int count = PairMerger.Merge(merged, merges);
                return merged.Take(count).SequenceEqual(Naive(letters, merges));
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Merger_nothing_to_join_leaves_the_symbols(int length)
    {
        int[] symbols = new int[length];

        Assert.Equal(length, PairMerger.Merge(symbols, RandomMerges(1)));
    }

    [Fact]
    public void Merger_equal_pairs_are_joined_from_the_left()
    {
        var merges = new MergeTable(1);
        merges.Add(0, 0, 1);
        int[] symbols = [0, 0, 0];

        int count = PairMerger.Merge(symbols, merges);

        Assert.Equal([1, 0], symbols[..count]);
    }

    /// <summary>A quadratic loop would take many minutes; this takes about a quarter of a second.</summary>
    [Fact]
    public void Tokenizer_megabyte_of_one_letter_ends_soon()
    {
        BpeTokenizer tokenizer = Tokenizers.Qwen2;
        string text = new('a', 1 << 20);
        TimeSpan start = ThreadClock.Now;

        int[] ids = tokenizer.Encode(text);

        Assert.True(ThreadClock.Now - start < TimeSpan.FromSeconds(5), "Encoding a megabyte of one letter took more than 5 seconds.");
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    private static MergeTable RandomMerges(int seed)
    {
        var random = new Random(seed);
        var merges = new MergeTable(4);
        int known = 4;
        var pairs = new HashSet<(int, int)>();
        for (int i = 0; i < 24; i++)
        {
            (int Left, int Right) pair = (random.Next(known), random.Next(known));
            if (pairs.Add(pair))
                merges.Add(pair.Left, pair.Right, known++);
        }
        return merges;
    }

    private static List<int> Naive(IEnumerable<int> letters, MergeTable merges)
    {
        List<int> symbols = [.. letters];
        while (true)
        {
            int best = -1, bestRank = int.MaxValue;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                int rank = merges.Find(symbols[i], symbols[i + 1]);
                if (rank >= 0 && rank < bestRank)
                    (best, bestRank) = (i, rank);
            }
            if (best < 0)
                return symbols;
            symbols[best] = merges[bestRank].Merged;
            symbols.RemoveAt(best + 1);
        }
    }
}
