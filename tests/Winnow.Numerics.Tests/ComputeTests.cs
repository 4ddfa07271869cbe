namespace Winnow.Numerics.Tests;

public class ComputeTests
{
    private long _before;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void For_runs_every_index_once(int threads)
    {
        using Compute compute = new(threads);
        for (int round = 0; round < 300; round++)
        {
            int[] counts = new int[round % 40];
            compute.For(counts.Length, i => Interlocked.Increment(ref counts[i]));
            Assert.All(counts, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void For_wakes_workers_that_have_gone_to_sleep()
    {
        using Compute compute = new(3);
        for (int round = 0; round < 3; round++)
        {
            Thread.Sleep(20);
            HashSet<int> threads = [];
            compute.For(3, _ =>
            {
                lock (threads)
                {
                    threads.Add(Environment.CurrentManagedThreadId);
                }

                Thread.Sleep(30);
            });
            Assert.True(threads.Count > 1, "Three pieces of 30 ms should not all run on one of three threads.");
        }
    }

    [Fact]
    public void For_passes_on_what_the_body_throws_and_works_afterwards()
    {
        using Compute compute = new(2);
        AggregateException error = Assert.Throws<AggregateException>(
            () => compute.For(10, i => throw new InvalidDataException($"piece {i}")));
        Assert.IsType<InvalidDataException>(error.InnerExceptions[0]);

        int sum = 0;
        compute.For(10, i => Interlocked.Add(ref sum, i));
        Assert.Equal(45, sum);
    }

    [Fact]
    public void Kernel_inside_a_parallel_body_is_refused()
    {
        using Compute compute = new(2);
        AggregateException error = Assert.Throws<AggregateException>(() => compute.For(8, _ => compute.For(1, _ => { })));
        Assert.All(error.InnerExceptions, inner => Assert.IsType<InvalidOperationException>(inner));
    }

    [Fact]
    public void Calls_from_several_threads_take_turns()
    {
        using Compute compute = new(2);
        int inside = 0;
        bool overlapped = false;
        Parallel.For(0, 20, _ => compute.For(1, _ =>
        {
            overlapped |= Interlocked.Increment(ref inside) > 1;
            Interlocked.Decrement(ref inside);
        }));
        Assert.False(overlapped);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1025)]
    public void Impossible_thread_count_is_refused(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Compute(threads));

    [Fact]
    public void MultiplyAdds_counts_what_each_call_needs()
    {
        using Compute compute = new(1);
        WeightMatrix w = WeightMatrix.FromValues(new float[35], rows: 7, columns: 5);
        MatMul.Multiply(compute, new float[15], 3, w, default, new float[21]);
        Assert.Equal(3 * 7 * 5, Counted());
        MatMul.MultiplySwiGlu(compute, new float[15], 3, w, w, new float[21]);
        Assert.Equal(2 * 3 * 7 * 5, Counted());

        // Two causal queries of 6 heads of 4 against 5 keys see 4 and 5 of them.
        float[] logSums = new float[12];
        Attention.Apply(compute, Input(causal: true), new float[48], logSums);
        Assert.Equal(2 * (4 + 5) * 24, Counted());
        Attention.Rows(compute, Input(causal: true), [0], new float[30]);
        Assert.Equal(4 * 24, Counted());
        Attention.ColumnSums(compute, Input(causal: true), logSums, 1, 1, new float[30]);
        Assert.Equal(5 * 24, Counted());
        Attention.Apply(compute, Input(causal: false), new float[48]);
        Assert.Equal(2 * (5 + 5) * 24, Counted());

        long Counted()
        {
            long counted = compute.MultiplyAdds - _before;
            _before = compute.MultiplyAdds;
            return counted;
        }

        static AttentionInput Input(bool causal) => new()
        {
            Queries = new float[48],
            QueryCount = 2,
            Heads = 6,
            KeyValues = KeyValues.Tokens(new float[60], new float[60], count: 5, heads: 3, headSize: 4),
            Scale = 1,
            Causal = causal,
        };
    }
}
