using System.Globalization;
using Winnow.Engine;

namespace Winnow.Evaluation.Running;

/// <summary>One method at one retention: a row of the result table.</summary>
/// <param name="Method">Name in the catalog, or a combination as <see cref="MethodPart.Parse"/> reads it.</param>
/// <param name="Retention">Share of the visual tokens to keep, in (0, 1]; 1 for the baseline that keeps everything.</param>
/// <param name="Choice">The method, ready to run.</param>
public sealed record MethodSetting(string Method, double Retention, ReductionChoice Choice)
{
    /// <summary>Name of the baseline that every accuracy is compared with.</summary>
    public const string Baseline = "none";

    /// <summary>The baseline: every token goes on.</summary>
    public static MethodSetting Whole { get; } = new(Baseline, 1, ReductionChoice.None);

    /// <summary>The baseline once, then every method at every retention.</summary>
    /// <param name="methods">
    /// Names in the catalog; methods of different places may be joined by <c>+</c>, each with parameters of its own (see
    /// <see cref="MethodPart.Parse"/>). <c>all</c> stands for every method but those that only choose frames.
    /// </param>
    /// <param name="retentions">Shares to keep, each in (0, 1]; every method of a combination gets the same.</param>
    /// <exception cref="WinnowException">A name is unknown, or two methods of a combination act at the same place.</exception>
    /// <exception cref="ArgumentException">A retention is out of a method's range.</exception>
    public static IReadOnlyList<MethodSetting> Of(IReadOnlyList<string> methods, IReadOnlyList<double> retentions)
    {
        IEnumerable<string> names = methods.SelectMany(name => name == "all" ? MethodChoice.All : [name])
            .Distinct()
            .Where(name => name != Baseline);
        double[] shares = [.. retentions.Distinct().OrderDescending()];
        return [Whole, .. names.SelectMany(name => shares.Select(share => Of(name, share)))];
    }

    /// <summary>A method, or a combination, at a retention.</summary>
    /// <param name="name">As <see cref="MethodPart.Parse"/> reads it; parameters that it does not carry have their defaults.</param>
    /// <param name="retention">For every part that does not carry one of its own.</param>
    /// <exception cref="WinnowException">A name is unknown, or two methods act at the same place.</exception>
    /// <exception cref="ArgumentException">The retention is out of range.</exception>
    public static MethodSetting Of(string name, double retention)
    {
        KeyValuePair<string, string>[] values = [new("retention", retention.ToString("R", CultureInfo.InvariantCulture))];
        return new MethodSetting(
            name, retention, MethodChoice.Combine(name, MethodPart.Parse(name).Select(part => (part.Entry, part.Create(values)))));
    }
}
