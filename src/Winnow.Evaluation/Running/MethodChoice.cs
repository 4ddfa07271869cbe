using Winnow.Engine;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Evaluation.Running;

/// <summary>Methods become what the engine runs.</summary>
public static class MethodChoice
{
    private const MethodPlaces TokenPlaces = MethodPlaces.AfterEncoder | MethodPlaces.Prefill | MethodPlaces.Cache;

    /// <summary>Names of every method of the catalog that acts on visual tokens: after the encoder, inside the language model, or on its cache.</summary>
    public static IEnumerable<string> OnTokens => Catalog.All.Where(entry => (entry.Card.Places & TokenPlaces) != 0).Select(entry => entry.Card.Id);

    /// <summary>Puts methods of different places together.</summary>
    /// <param name="name">What the user called the combination, for messages.</param>
    /// <param name="methods">The methods with their cards; a method that acts at several places takes all that are switched on.</param>
    /// <param name="positions">Rotary positions of the kept tokens; null for those of the method after the encoder.</param>
    /// <exception cref="WinnowException">Two methods act at the same place, or one acts at none that the engine has.</exception>
    public static ReductionChoice Combine(string name, IEnumerable<(MethodEntry Entry, object Method)> methods, PositionRule? positions = null)
    {
        var choice = ReductionChoice.None;
        foreach ((MethodEntry entry, object method) in methods.Where(pair => pair.Entry.Card.Id != None.Card.Id))
        {
            MethodPlaces places = (method as IMultiPlaceMethod)?.ActivePlaces ?? entry.Card.Places;
            if (method is not (ITokenReducer or IPrefillReducer or ICacheReducer))
                throw new WinnowException($"{entry.Card.Id} acts at: {entry.Card.Places}; such a method cannot be chosen by --method.");
            if (method is ITokenReducer reducer && places.HasFlag(MethodPlaces.AfterEncoder))
                choice = choice with { Reducer = Only(choice.Reducer, reducer, "between encoder and language model"), Positions = positions ?? entry.Card.Positions };
            if (method is IPrefillReducer inside && places.HasFlag(MethodPlaces.Prefill))
                choice = choice with { Prefill = Only(choice.Prefill, inside, "inside the language model") };
            if (method is ICacheReducer cache && places.HasFlag(MethodPlaces.Cache))
                choice = choice with { Cache = Only(choice.Cache, cache, "on the KV cache") };
        }
        return choice;

        T Only<T>(T? present, T added, string place) where T : class => present is null ? added
            : throw new WinnowException($"{name} names two methods that act {place}; one place takes one method.");
    }
}
