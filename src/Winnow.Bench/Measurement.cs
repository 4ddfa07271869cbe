using System.Diagnostics;

namespace Winnow.Bench;

/// <summary>The fastest of several runs, and the machine's ceiling meanwhile.</summary>
/// <param name="Seconds">Time of the fastest run.</param>
/// <param name="Ceiling">The best of the probes between the runs, per second.</param>
internal readonly record struct Measurement(double Seconds, double Ceiling)
{
    // Only bounds works of a microsecond. Short works need many rounds: on a machine that others use too, one turn of another process
    // outlasts eight rounds of a small product.
    private const int MostRounds = 200;
    private const double ProbeShare = 0.08;
    private const double ShortestProbe = 0.012;
    private const double LongestProbe = 0.25;

    /// <summary>How far a rate of so much work per second is from the ceiling.</summary>
    public double Share(double work) => work / Seconds / Ceiling;

    /// <summary>
    /// Runs several works in turn, with a probe of the ceiling after each, again and again until the time is used up. A machine that others
    /// use too is slower at some times than at others, so a ceiling counts only for the work that it was measured along with; of both, the
    /// best counts, because other load can only make them worse.
    /// </summary>
    /// <param name="probe">Measures the ceiling for about so many seconds; answers with a rate per second.</param>
    /// <param name="seconds">Time to use; every work runs once at least, and two hundred times at most.</param>
    /// <param name="works">What to measure.</param>
    /// <returns>One measurement for each work, all with the same ceiling.</returns>
    public static Measurement[] Take(Func<double, double> probe, double seconds, params ReadOnlySpan<Action> works)
    {
        double[] fastest = new double[works.Length];
        Array.Fill(fastest, double.PositiveInfinity);
        var total = Stopwatch.StartNew();
        double ceiling = probe(ShortestProbe), roundSeconds = 0;
        for (int round = 0; round == 0 || (round < MostRounds && total.Elapsed.TotalSeconds + roundSeconds < seconds); round++)
        {
            double roundStart = total.Elapsed.TotalSeconds;
            for (int i = 0; i < works.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                works[i]();
                double taken = Stopwatch.GetElapsedTime(start).TotalSeconds;
                fastest[i] = Math.Min(fastest[i], taken);
                ceiling = Math.Max(ceiling, probe(Math.Clamp(taken * ProbeShare, ShortestProbe, LongestProbe)));
            }
            roundSeconds = total.Elapsed.TotalSeconds - roundStart;
        }
        return Array.ConvertAll(fastest, time => new Measurement(time, ceiling));
    }
}
