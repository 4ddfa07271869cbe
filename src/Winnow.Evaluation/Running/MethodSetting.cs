using System.Globalization;
using Winnow.Engine;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Evaluation.Running;

/// <summary>One method at one retention: a row of the result table.</summary>
/// <param name="Method">Name in the catalog.</param>
/// <param name="Retention">Share of the visual tokens to keep, in (0, 1]; 1 for the baseline that keeps everything.</param>
/// <param name="Choice">The method, ready to run.</param>
public sealed record MethodSetting(string Method, double Retention, ReductionChoice Choice)
{
    /// <summary>Name of the baseline that every accuracy is compared with.</summary>
    public const string Baseline = "none";

    /// <summary>The baseline: every token goes on.</summary>
    public static MethodSetting Whole { get; } = new(Baseline, 1, ReductionChoice.None);

    /// <summary>The baseline once, then every method at every retention, in the catalog's order.</summary>
    /// <param name="methods">Names in the catalog, or <c>all</c> for every method that acts between encoder and language model.</param>
    /// <param name="retentions">Shares to keep, each in (0, 1].</param>
    /// <exception cref="WinnowException">A name is unknown.</exception>
    /// <exception cref="ArgumentException">A retention is out of range, or a method acts elsewhere.</exception>
    public static IReadOnlyList<MethodSetting> Of(IReadOnlyList<string> methods, IReadOnlyList<double> retentions)
    {
        IEnumerable<MethodEntry> entries = methods.Contains("all")
            ? Catalog.All.Where(entry => entry.Card.Places.HasFlag(MethodPlaces.AfterEncoder))
            : methods.Distinct().Select(Catalog.Find);
        return [Whole, .. entries.Where(entry => entry.Card.Id != Baseline).SelectMany(entry => retentions.Distinct().OrderDescending().Select(retention => Of(entry, retention)))];
    }

    /// <summary>A method with its defaults at a retention, and the positions that its reference uses.</summary>
    /// <exception cref="ArgumentException">The retention is out of range, or the method acts elsewhere.</exception>
    public static MethodSetting Of(MethodEntry entry, double retention)
    {
        ReducerOptions options = Parameters.Create(entry.OptionsType, [new("retention", retention.ToString("R", CultureInfo.InvariantCulture))]);
        return new MethodSetting(entry.Card.Id, retention, new ReductionChoice { Reducer = entry.CreateTokenReducer(options), Positions = entry.Card.Positions });
    }
}
