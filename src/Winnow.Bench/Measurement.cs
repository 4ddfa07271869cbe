using System.Diagnostics;

namespace Winnow.Bench;

/// <summary>The fastest of several runs, and the machine's ceiling at that moment.</summary>
/// <param name="Seconds">Time of the fastest run.</param>
/// <param name="Ceiling">The better of the two probes right before and right after that run, per second.</param>
internal readonly record struct Measurement(double Seconds, double Ceiling)
{
    private const int MostRounds = 8;
    private const double ProbeShare = 0.08;
    private const double ShortestProbe = 0.012;
    private const double LongestProbe = 0.25;

    /// <summary>How far a rate of so much work per second is from the ceiling.</summary>
    public double Share(double work) => work / Seconds / Ceiling;

    /// <summary>
    /// Runs several works in turn, each between two probes of the ceiling, again and again until the time is used up. A machine that others
    /// use too is slower at some moments than at others; so the ceiling counts only beside the work that it is compared with.
    /// </summary>
    /// <param name="probe">Measures the ceiling for about so many seconds; answers with a rate per second.</param>
    /// <param name="seconds">Time to use; every work runs once at least, and eight times at most.</param>
    /// <param name="works">What to measure.</param>
    /// <returns>One measurement for each work.</returns>
    public static Measurement[] Take(Func<double, double> probe, double seconds, params ReadOnlySpan<Action> works)
    {
        var best = new Measurement[works.Length];
        var total = Stopwatch.StartNew();
        double before = probe(ShortestProbe), roundSeconds = 0;
        for (int round = 0; round == 0 || (round < MostRounds && total.Elapsed.TotalSeconds + roundSeconds < seconds); round++)
        {
            double roundStart = total.Elapsed.TotalSeconds;
            for (int i = 0; i < works.Length; i++)
            {
                double start = total.Elapsed.TotalSeconds;
                works[i]();
                double taken = total.Elapsed.TotalSeconds - start;
                double after = probe(Math.Clamp(taken * ProbeShare, ShortestProbe, LongestProbe));
                if (round == 0 || taken < best[i].Seconds)
                    best[i] = new Measurement(taken, Math.Max(before, after));
                before = after;
            }
            roundSeconds = total.Elapsed.TotalSeconds - roundStart;
        }
        return best;
    }
}
