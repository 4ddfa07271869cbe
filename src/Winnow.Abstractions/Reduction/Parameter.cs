using System.Globalization;
using System.Reflection;

namespace Winnow.Reduction;

/// <summary>One parameter of a method, read off its options.</summary>
public sealed class Parameter
{
    private readonly PropertyInfo _property;
    private readonly ParameterAttribute _attribute;

    internal Parameter(PropertyInfo property, ParameterAttribute attribute, object? defaultValue)
    {
        (_property, _attribute) = (property, attribute);
        Name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
        Default = Format(defaultValue);
    }

    /// <summary>Name in camelCase, as users write it.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public string Meaning => _attribute.Meaning;

    /// <summary>The paper's symbol, or null.</summary>
    public string? Symbol => _attribute.Symbol;

    /// <summary>The default, as users would write it; "auto" where the method derives it from the retention.</summary>
    public string Default { get; }

    /// <summary>The allowed values in words, such as <c>(0, 1]</c> or <c>true | false</c>.</summary>
    public string Range
    {
        get
        {
            if (ValueType == typeof(bool))
                return "true | false";
            if (ValueType.IsEnum)
                return string.Join(" | ", Enum.GetNames(ValueType).Select(Kebab));
            string low = double.IsNegativeInfinity(_attribute.Minimum)
                ? "(-inf"
                : (_attribute.MinimumIsExcluded ? "(" : "[") + Format(_attribute.Minimum);
            string high = double.IsPositiveInfinity(_attribute.Maximum)
                ? "inf)"
                : Format(_attribute.Maximum) + (_attribute.MaximumIsExcluded ? ")" : "]");
            return IsList ? $"several in {low}, {high}, joined by ," : $"{low}, {high}";
        }
    }

    private Type ValueType => Nullable.GetUnderlyingType(_property.PropertyType) ?? _property.PropertyType;

    private bool IsList => ValueType == typeof(IReadOnlyList<int>) || ValueType == typeof(IReadOnlyList<double>);

    /// <summary>The value in the given options.</summary>
    public object? Value(ReducerOptions options) => _property.GetValue(options);

    internal void Check(ReducerOptions options)
    {
        object? value = Value(options);
        if (value is null or bool or Enum)
            return;
        IEnumerable<double> numbers = value switch
        {
            IReadOnlyList<int> wholes => wholes.Select(whole => (double)whole),
            IReadOnlyList<double> list => list,
            _ => [Convert.ToDouble(value, CultureInfo.InvariantCulture)],
        };
        if (!numbers.All(IsAllowed))
            throw new ArgumentException($"{Name} is {Format(value)}; it must be in {Range} ({Meaning}).");
    }

    // Comparisons with NaN are false, so it is refused.
    private bool IsAllowed(double number) =>
        (_attribute.MinimumIsExcluded ? number > _attribute.Minimum : number >= _attribute.Minimum)
        && (_attribute.MaximumIsExcluded ? number < _attribute.Maximum : number <= _attribute.Maximum);

    internal void Set(ReducerOptions options, string text)
    {
        object? value = Parse(text);
        _property.SetValue(options, value);
    }

    private object? Parse(string text)
    {
        if (text == "auto" && (IsList || Nullable.GetUnderlyingType(_property.PropertyType) is not null))
            return null;
        string[] items = IsList ? text.Split(',', StringSplitOptions.TrimEntries) : [];
        if (ValueType == typeof(IReadOnlyList<int>)
            && items.All(item => int.TryParse(item, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
            return Array.ConvertAll(items, item => int.Parse(item, CultureInfo.InvariantCulture));
        if (ValueType == typeof(IReadOnlyList<double>)
            && items.All(item => double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
            return Array.ConvertAll(items, item => double.Parse(item, CultureInfo.InvariantCulture));
        if (ValueType == typeof(bool) && bool.TryParse(text, out bool flag))
            return flag;
        if (ValueType == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int whole))
            return whole;
        if (ValueType == typeof(double) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            return number;
        if (ValueType.IsEnum && Enum.GetNames(ValueType).FirstOrDefault(name => Kebab(name) == text) is { } match)
            return Enum.Parse(ValueType, match);
        string kind = IsList ? "numbers: "
            : ValueType == typeof(int) ? "a whole number in "
            : ValueType == typeof(double) ? "a number in "
            : "one of ";
        throw new ArgumentException($"{Name}={text} cannot be read; it must be {kind}{Range}.");
    }

    private static string Format(object? value) => value switch
    {
        null => "auto",
        bool flag => flag ? "true" : "false",
        Enum member => Kebab(member.ToString()),
        IReadOnlyList<int> wholes => string.Join(',', wholes),
        IReadOnlyList<double> numbers => string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Kebab(string name) =>
        string.Concat(name.Select((letter, i) =>
            char.IsUpper(letter) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(letter) : letter.ToString()));
}
