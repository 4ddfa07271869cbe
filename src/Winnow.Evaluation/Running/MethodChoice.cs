using Winnow.Engine;
using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Evaluation.Running;

/// <summary>Methods become what the engine runs.</summary>
public static class MethodChoice
{
    private const MethodPlaces Comparable =
        MethodPlaces.BeforeEncoder | MethodPlaces.InsideEncoder | MethodPlaces.AfterEncoder
        | MethodPlaces.Prefill | MethodPlaces.Cache;

    /// <summary>
    /// Names of every method of the catalog that does more than choose frames, which is settled before questions are compared.
    /// </summary>
    public static IEnumerable<string> All =>
        Catalog.All.Where(entry => (entry.Card.Places & Comparable) != 0).Select(entry => entry.Card.Id);

    /// <summary>Puts methods of different places together.</summary>
    /// <param name="name">What the user called the combination, for messages.</param>
    /// <param name="methods">The methods with their cards; a method that acts at several places takes all that are switched on.</param>
    /// <param name="positions">Rotary positions of the kept tokens; null for those of the method after the encoder.</param>
    /// <exception cref="WinnowException">Two methods act at the same place, or one acts at none that the engine has.</exception>
    public static ReductionChoice Combine(
        string name, IEnumerable<(MethodEntry Entry, object Method)> methods, PositionRule? positions = null)
    {
        var choice = ReductionChoice.None;
        foreach ((MethodEntry entry, object method) in methods.Where(pair => pair.Entry.Card.Id != None.Card.Id))
        {
            MethodPlaces places = (method as IMultiPlaceMethod)?.ActivePlaces ?? entry.Card.Places;
            if (method is IFrameSelector selector && places.HasFlag(MethodPlaces.Frames))
                choice = choice with { Selector = Only(choice.Selector, selector, "by choosing frames") };
            choice = choice with { Encoder = WithEncoderParts(choice.Encoder, method, places) };
            if (method is ITokenReducer reducer && places.HasFlag(MethodPlaces.AfterEncoder))
                choice = choice with
                {
                    Reducer = Only(choice.Reducer, reducer, "between encoder and language model"),
                    Positions = positions ?? entry.Card.Positions
                };
            if (method is IPrefillReducer inside && places.HasFlag(MethodPlaces.Prefill))
                choice = choice with { Prefill = Only(choice.Prefill, inside, "inside the language model") };
            if (method is ICacheReducer cache && places.HasFlag(MethodPlaces.Cache))
                choice = choice with { Cache = Only(choice.Cache, cache, "on the KV cache") };
        }
        choice.Encoder.Validate();
        return choice;

        EncoderReduction WithEncoderParts(EncoderReduction encoder, object method, MethodPlaces places)
        {
            if (method is IPatchReducer patches && places.HasFlag(MethodPlaces.BeforeEncoder))
                encoder = encoder with { Patches = Only(encoder.Patches, patches, "before the vision encoder") };
            if (method is IEncoderReducer blocks && places.HasFlag(MethodPlaces.InsideEncoder))
                encoder = encoder with { Blocks = Only(encoder.Blocks, blocks, "inside the vision encoder") };
            if (method is IEncoderCacher cacher && places.HasFlag(MethodPlaces.InsideEncoder))
                encoder = encoder with { Cacher = Only(encoder.Cacher, cacher, "inside the vision encoder") };
            return encoder;
        }

        T Only<T>(T? present, T added, string place) where T : class => present is null ? added
            : throw new WinnowException($"{name} names two methods that act {place}; one place takes one method.");
    }
}
