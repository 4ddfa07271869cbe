using System.Reflection;

namespace Winnow.Reduction;

/// <summary>Lists, sets and checks the parameters of options records.</summary>
public static class Parameters
{
    /// <summary>The parameters of an options type, the shared ones first.</summary>
    public static IReadOnlyList<Parameter> Of(Type optionsType)
    {
        object defaults = Activator.CreateInstance(optionsType)!;
        return [.. optionsType.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (property, attribute: property.GetCustomAttribute<ParameterAttribute>()))
            .Where(pair => pair.attribute is not null)
            .OrderBy(pair => pair.property.DeclaringType == optionsType ? 1 : 0)
            .ThenBy(pair => pair.property.MetadataToken)
            .Select(pair => new Parameter(pair.property, pair.attribute!, pair.property.GetValue(defaults)))];
    }

    /// <summary>Creates options of a type with values given by name; the others keep their defaults.</summary>
    /// <param name="optionsType">A concrete options record with a parameterless constructor.</param>
    /// <param name="values">Name in camelCase and value as text.</param>
    /// <exception cref="ArgumentException">
    /// A name is unknown (the message lists the known ones), or a value cannot be read or is out of range.
    /// </exception>
    public static ReducerOptions Create(Type optionsType, IEnumerable<KeyValuePair<string, string>> values)
    {
        IReadOnlyList<Parameter> known = Of(optionsType);
        var options = (ReducerOptions)Activator.CreateInstance(optionsType)!;
        foreach ((string name, string text) in values)
        {
            Parameter parameter = known.FirstOrDefault(candidate => candidate.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new ArgumentException(
                    $"There is no parameter {name}; known are {string.Join(", ", known.Select(candidate => candidate.Name))}.");
            parameter.Set(options, text);
        }
        options.Validate();
        return options;
    }

    /// <summary>Checks every parameter of the options against its range.</summary>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public static void Validate(ReducerOptions options)
    {
        foreach (Parameter parameter in Of(options.GetType()))
            parameter.Check(options);
    }
}
