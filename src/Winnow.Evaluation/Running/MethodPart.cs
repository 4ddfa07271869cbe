using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Evaluation.Running;

/// <summary>One method of a combination, with the parameters that its name carries.</summary>
/// <param name="Entry">The method.</param>
/// <param name="Values">Parameters by name, as text; checked when the method is made.</param>
public sealed record MethodPart(MethodEntry Entry, IReadOnlyList<KeyValuePair<string, string>> Values)
{
    /// <summary>
    /// Reads names in the catalog joined by <c>+</c>, each with parameters of its own behind colons:
    /// <c>rlt:threshold=0.2+mmg-vid:retention=0.1</c>.
    /// </summary>
    /// <exception cref="WinnowException">A name is unknown, or a parameter has no value.</exception>
    public static IReadOnlyList<MethodPart> Parse(string name) => [.. name.Split('+').Select(ParseOne)];

    /// <summary>Makes the method.</summary>
    /// <param name="common">Parameters of the whole combination; the part's own come after them.</param>
    /// <exception cref="ArgumentException">A parameter is unknown or out of range.</exception>
    public object Create(IEnumerable<KeyValuePair<string, string>> common) => Entry.Create(common.Concat(Values));

    private static MethodPart ParseOne(string part)
    {
        string[] pieces = part.Split(':');
        return new MethodPart(Catalog.Find(pieces[0]), [.. pieces.Skip(1).Select(assignment => Assignment(part, assignment))]);
    }

    private static KeyValuePair<string, string> Assignment(string part, string assignment) =>
        assignment.Split('=', 2) is [var name, var value]
            ? new(name, value)
            : throw new WinnowException(
                $"{part}: the parameter {assignment} has no value; write method:name=value, such as rlt:threshold=0.2.");
}
