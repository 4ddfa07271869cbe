namespace Winnow.Reduction;

/// <summary>One line of the catalog: a method's card, its parameters, and how to make it.</summary>
public sealed class MethodEntry
{
    private readonly Func<ReducerOptions, object> _create;

    private MethodEntry(MethodCard card, Type optionsType, Func<ReducerOptions, object> create)
    {
        (Card, OptionsType, _create) = (card, optionsType, create);
        Parameters = Reduction.Parameters.Of(optionsType);
    }

    /// <summary>What a user should know of it.</summary>
    public MethodCard Card { get; }

    /// <summary>The method's options record.</summary>
    public Type OptionsType { get; }

    /// <summary>The method's parameters, with defaults and ranges.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Describes a method.</summary>
    /// <typeparam name="TOptions">The method's options; their defaults are the paper's.</typeparam>
    public static MethodEntry Of<TOptions>(MethodCard card, Func<TOptions, object> create) where TOptions : ReducerOptions, new() =>
        new(card, typeof(TOptions), options => create((TOptions)options));

    /// <summary>Makes the method from parameters given by name.</summary>
    /// <exception cref="ArgumentException">A name is unknown, or a value cannot be read or is out of range.</exception>
    public object Create(IEnumerable<KeyValuePair<string, string>> values) => Create(Reduction.Parameters.Create(OptionsType, values));

    /// <summary>Makes the method from its options.</summary>
    /// <exception cref="ArgumentException">The options are of another method, or a value is out of range.</exception>
    public object Create(ReducerOptions options)
    {
        if (options.GetType() != OptionsType)
            throw new ArgumentException($"{Card.Id} takes {OptionsType.FullName}, not {options.GetType().FullName}.", nameof(options));
        options.Validate();
        return _create(options);
    }

    /// <summary>Makes the method as a reducer after the encoder.</summary>
    /// <exception cref="ArgumentException">The method does not act there.</exception>
    public ITokenReducer CreateTokenReducer(ReducerOptions options) => Create(options) as ITokenReducer
        ?? throw new ArgumentException(
            $"{Card.Id} does not act between encoder and language model; it acts at: {Card.Places}.", nameof(options));
}
