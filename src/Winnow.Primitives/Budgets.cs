namespace Winnow.Primitives;

/// <summary>Turns shares into whole numbers of tokens.</summary>
public static class Budgets
{
    // Products of shares come out a rounding error short of a whole number; this much is forgiven when flooring.
    private const double Slack = 1e-9;

    /// <summary>Rounds a count by a named rule.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, not a number, or more than an <see cref="int"/>
    /// holds.</exception>
    public static int Round(double value, Rounding rule)
    {
        if (!(value >= 0 && value <= int.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(value), value, "A count of tokens must be a number from 0 to 2147483647.");
        return (int)(rule switch
        {
            Rounding.Floor => Math.Floor(value),
            Rounding.Ceiling => Math.Ceiling(value),
            Rounding.HalfEven => Math.Round(value, MidpointRounding.ToEven),
            Rounding.Truncate => Math.Truncate(value),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "There is no such rounding rule."),
        });
    }

    /// <summary>The whole budget of a reduction: <c>floor(retention * tokens)</c>.</summary>
    /// <exception cref="ArgumentException">The retention leaves no token; the message says which retention does.</exception>
    public static int Total(double retention, int tokens)
    {
        int budget = Round(retention * tokens, Rounding.Floor);
        return budget > 0 ? budget : throw new ArgumentException(
            FormattableString.Invariant($"A retention of {retention} keeps 0 of {tokens} tokens; give at least {1.0 / tokens:G3}."),
                nameof(retention));
    }

    /// <summary>The same budget for every frame: as given, or the retention's share to the nearest whole number, halves to even, at least
    /// one.</summary>
    /// <param name="given">A number of tokens, or null.</param>
    /// <param name="retention">Share of the tokens, for where no number is given.</param>
    /// <param name="tokensPerFrame">N.</param>
    /// <exception cref="ArgumentException">More tokens are given than a frame has.</exception>
    public static int PerFrame(int? given, double retention, int tokensPerFrame)
    {
        int budget = given ?? Math.Max(1, Round(retention * tokensPerFrame, Rounding.HalfEven));
        return budget <= tokensPerFrame ? budget
            : throw new ArgumentException(
                $"{budget} tokens of every frame are wanted; a frame has {tokensPerFrame}. Give at most {tokensPerFrame}.", nameof(given));
    }

    /// <summary>Splits a total into equal parts; the first parts take the remainder.</summary>
    public static int[] Equal(int total, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parts);
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        int[] shares = new int[parts];
        for (int i = 0; i < parts; i++)
            shares[i] = total / parts + (i < total % parts ? 1 : 0);
        return shares;
    }

    /// <summary>Splits a total in proportion to sizes, by largest remainder; no part gets more than its size.</summary>
    /// <exception cref="ArgumentException">The total exceeds the sum of the sizes.</exception>
    public static int[] InProportion(ReadOnlySpan<int> sizes, int total)
    {
        double[] wishes = new double[sizes.Length];
        for (int i = 0; i < wishes.Length; i++)
            wishes[i] = sizes[i];
        return LargestRemainder(Capped(wishes, sizes, total), sizes, total);
    }

    /// <summary>Scales wishes so that they sum to the total; what passes its cap is held there and the rest scaled again, until nothing
    /// passes.</summary>
    /// <param name="wishes">Non-negative wishes. Where all that are not held are zero, they share in proportion to their caps.</param>
    /// <param name="caps">The most that each can take.</param>
    /// <param name="total">At most the sum of the caps.</param>
    /// <exception cref="ArgumentException">The caps cannot hold the total, or the lengths differ.</exception>
    public static double[] Capped(ReadOnlySpan<double> wishes, ReadOnlySpan<int> caps, double total)
    {
        RequireRoom(wishes.Length, caps, total);
        double[] shares = wishes.ToArray();
        bool[] held = new bool[shares.Length];
        bool passed;
        do
        {
            passed = false;
            double free = total, sum = 0, room = 0;
            for (int i = 0; i < shares.Length; i++)
            {
                free -= held[i] ? caps[i] : 0;
                sum += held[i] ? 0 : wishes[i];
                room += held[i] ? 0 : caps[i];
            }
            for (int i = 0; i < shares.Length; i++)
            {
                if (held[i])
                    continue;
                shares[i] = sum > 0 ? wishes[i] * (free / sum) : room > 0 ? caps[i] * (free / room) : 0;
                if (shares[i] > caps[i])
                    passed = held[i] = true;
            }
            for (int i = 0; i < shares.Length; i++)
                shares[i] = held[i] ? caps[i] : shares[i];
        }
        while (passed);
        return shares;
    }

    /// <summary>Whole numbers nearest to the shares that sum to the total: floors, then one more for the largest fractions, the earlier
    /// first on ties.</summary>
    /// <param name="shares">Non-negative shares whose sum is the total, up to rounding.</param>
    /// <param name="caps">The most that each can take.</param>
    /// <param name="total">The sum wanted.</param>
    /// <exception cref="ArgumentException">The caps cannot hold the total, or the lengths differ.</exception>
    public static int[] LargestRemainder(ReadOnlySpan<double> shares, ReadOnlySpan<int> caps, int total)
    {
        RequireRoom(shares.Length, caps, total);
        int[] whole = new int[shares.Length];
        double[] fractions = new double[shares.Length];
        int left = total;
        for (int i = 0; i < shares.Length; i++)
        {
            whole[i] = Math.Min(caps[i], (int)Math.Floor(shares[i] + Slack));
            fractions[i] = shares[i] - whole[i];
            left -= whole[i];
        }
        while (left > 0)
            foreach (int i in TopK.Largest(fractions, fractions.Length, EmitBy.Score))
                if (left > 0 && whole[i] < caps[i])
                    (whole[i], left) = (whole[i] + 1, left - 1);
        return whole;
    }

    private static void RequireRoom(int count, ReadOnlySpan<int> caps, double total)
    {
        if (count != caps.Length)
            throw new ArgumentException($"{count} shares and {caps.Length} caps do not fit.", nameof(caps));
        long room = 0;
        foreach (int cap in caps)
            room += cap;
        if (total > room)
            throw new ArgumentException(FormattableString.Invariant($"A total of {total} exceeds the {room} that the caps allow."),
                nameof(total));
    }
}
