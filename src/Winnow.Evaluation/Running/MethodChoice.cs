using Winnow.Engine;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Evaluation.Running;

/// <summary>Methods become what the engine runs.</summary>
public static class MethodChoice
{
    private const MethodPlaces TokenPlaces = MethodPlaces.AfterEncoder | MethodPlaces.Prefill;

    /// <summary>Names of every method of the catalog that acts on visual tokens, after the encoder or inside the language model.</summary>
    public static IEnumerable<string> OnTokens => Catalog.All.Where(entry => (entry.Card.Places & TokenPlaces) != 0).Select(entry => entry.Card.Id);

    /// <summary>Puts methods of different places together.</summary>
    /// <param name="name">What the user called the combination, for messages.</param>
    /// <param name="methods">The methods with their cards; a method that acts at two places takes both.</param>
    /// <param name="positions">Rotary positions of the kept tokens; null for those of the method after the encoder.</param>
    /// <exception cref="WinnowException">Two methods act at the same place, or one acts at none that the engine has.</exception>
    public static ReductionChoice Combine(string name, IEnumerable<(MethodEntry Entry, object Method)> methods, PositionRule? positions = null)
    {
        var choice = ReductionChoice.None;
        foreach ((MethodEntry entry, object method) in methods.Where(pair => pair.Entry.Card.Id != None.Card.Id))
        {
            if (method is not (ITokenReducer or IPrefillReducer))
                throw new WinnowException($"{entry.Card.Id} acts at: {entry.Card.Places}; such a method cannot be chosen by --method.");
            if (method is ITokenReducer reducer)
                choice = choice.Reducer is null
                    ? choice with { Reducer = reducer, Positions = positions ?? entry.Card.Positions }
                    : throw new WinnowException($"{name} names two methods that act between encoder and language model; one place takes one method.");
            if (method is IPrefillReducer inside)
                choice = choice.Prefill is null
                    ? choice with { Prefill = inside }
                    : throw new WinnowException($"{name} names two methods that act inside the language model; one place takes one method.");
        }
        return choice;
    }
}
