using System.Globalization;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Tests;

/// <summary>
/// The catalog's methods that act before or inside the vision encoder, with that part of theirs switched on and no other.
/// </summary>
internal static class EncoderMethods
{
    /// <summary>Names of the methods that act at a place by an interface of that kind.</summary>
    public static IEnumerable<string> That<T>(MethodPlaces place) where T : class =>
        Catalog.All.Where(entry => entry.Card.Places.HasFlag(place) && entry.Create([]) is T).Select(entry => entry.Card.Id);

    /// <summary>
    /// Makes a method; of one that acts at several places the part that acts at this one, alone where it can be had alone.
    /// </summary>
    public static object Make(string id, MethodPlaces place, double retention)
    {
        MethodEntry entry = Catalog.Find(id);
        KeyValuePair<string, string> share = new("retention", retention.ToString("R", CultureInfo.InvariantCulture));
        object method = entry.Create([share]);
        if (method is not IMultiPlaceMethod)
            return method;
        IEnumerable<object> parts = entry.Parameters.Where(parameter => parameter.Name == "parts")
            .SelectMany(parameter => parameter.Range.Split(" | "), (parameter, part) => entry.Create([share, new(parameter.Name, part)]));
        return parts.Where(part => PlacesOf(part).HasFlag(place))
            .OrderBy(part => int.PopCount((int)PlacesOf(part))).FirstOrDefault() ?? method;
    }

    /// <summary>Where a method acts as it was made.</summary>
    public static MethodPlaces PlacesOf(string id, object method) =>
        method is IMultiPlaceMethod ? PlacesOf(method) : Catalog.Find(id).Card.Places;

    private static MethodPlaces PlacesOf(object method) => ((IMultiPlaceMethod)method).ActivePlaces;
}
