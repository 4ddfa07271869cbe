namespace Winnow.Numerics.Tests;

public class ActivationArenaTests
{
    [Fact]
    public unsafe void Rented_spans_are_aligned_apart_and_survive_growth()
    {
        using ActivationArena arena = new();
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> first = arena.Rent(3);
        first.Fill(1);
        Span<float> second = arena.Rent(5_000_000);
        second.Fill(2);
        Assert.Equal([1, 1, 1], first.ToArray());
        fixed (float* a = first, b = second)
        {
            Assert.Equal(0, (long)a % 64);
            Assert.Equal(0, (long)b % 64);
        }
    }

    [Fact]
    public void Scope_gives_back_and_peak_remembers()
    {
        using ActivationArena arena = new();
        for (int round = 0; round < 3; round++)
        {
            using ActivationArena.Scope outer = arena.Enter();
            arena.Rent(16);
            using (arena.Enter())
            {
                arena.Rent(1_000_000);
            }

            Assert.Equal(64, arena.UsedBytes);
            arena.Rent(16);
        }

        Assert.Equal(0, arena.UsedBytes);
        Assert.Equal(64 + 4_000_000, arena.PeakBytes);
    }

    [Fact]
    public void Rent_outside_a_scope_is_refused()
    {
        using ActivationArena arena = new();
        Assert.Throws<InvalidOperationException>(() => arena.Rent(1).Length);
    }
}
