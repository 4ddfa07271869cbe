using System.Globalization;
using Winnow.Models.Weights;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>A method's recording: named arrays, and the parameters that it was made with.</summary>
internal sealed class Recording : IDisposable
{
    private readonly SafeTensorsFile _file;

    private Recording(SafeTensorsFile file) => _file = file;

    /// <summary>Opens a recording.</summary>
    /// <exception cref="WinnowException">The file is no safetensors file.</exception>
    public static Recording Open(string path) => new(SafeTensorsFile.Open(path));

    /// <summary>Names of the arrays.</summary>
    public IEnumerable<string> Arrays => _file.Entries.Keys;

    /// <summary>Whether there is an array of that name.</summary>
    public bool Has(string array) => _file.Contains(array);

    /// <summary>Whether a parameter was recorded.</summary>
    public bool Knows(string parameter) => _file.Metadata.ContainsKey(parameter);

    /// <summary>Sides of an array, slowest first.</summary>
    public IReadOnlyList<int> Shape(string array) => _file[array].Shape;

    /// <summary>Values of a floating-point array.</summary>
    public float[] Floats(string array) => _file.ReadFloats(array);

    /// <summary>Values of a floating-point array in double precision.</summary>
    public double[] Doubles(string array) => _file.ReadDoubles(array);

    /// <summary>Values of an array of whole numbers.</summary>
    public long[] Integers(string array) => _file.ReadInt64s(array);

    /// <summary>Values of an array of truth values, as 0 and 1.</summary>
    public long[] Flags(string array) => Array.ConvertAll(_file.ReadBools(array), flag => flag ? 1L : 0L);

    /// <summary>An array as vectors of its last side.</summary>
    public TokenMatrix Vectors(string array) => new(Floats(array), Shape(array)[^1]);

    /// <summary>An array as a signal of its own shape.</summary>
    public SignalValue Signal(string array) => new(Floats(array), [.. Shape(array)]);

    /// <summary>A parameter as text.</summary>
    /// <exception cref="WinnowException">It was not recorded.</exception>
    public string Text(string parameter) => _file.Metadata.GetValueOrDefault(parameter)
        ?? throw new WinnowException($"{_file.Path} does not say {parameter}; its metadata are {string.Join(", ", _file.Metadata.Keys)}.");

    /// <summary>A parameter as text, or a fallback where it was not recorded.</summary>
    public string Text(string parameter, string otherwise) => Knows(parameter) ? Text(parameter) : otherwise;

    /// <summary>A parameter as a number.</summary>
    /// <exception cref="WinnowException">It was not recorded, or is no number.</exception>
    public double Double(string parameter) => double.TryParse(Text(parameter), NumberStyles.Float, CultureInfo.InvariantCulture,
        out double value) ? value : throw Unreadable(parameter, "a number");

    /// <summary>A parameter as a whole number.</summary>
    /// <exception cref="WinnowException">It was not recorded, or is no whole number.</exception>
    public int Int(string parameter) =>
        int.TryParse(Text(parameter), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value
            : throw Unreadable(parameter, "a whole number");

    /// <summary>A parameter as a truth value.</summary>
    /// <exception cref="WinnowException">It was not recorded, or is neither true nor false.</exception>
    public bool Bool(string parameter) => bool.TryParse(Text(parameter), out bool value) ? value
        : throw Unreadable(parameter, "true or false");

    /// <summary>A parameter as a list of whole numbers, recorded as <c>[1, 2]</c>.</summary>
    /// <exception cref="WinnowException">It was not recorded, or is no such list.</exception>
    public int[] Ints(string parameter)
    {
        string text = Text(parameter).Trim();
        if (text is not ['[', .., ']'])
            throw Unreadable(parameter, "a list of whole numbers such as [1, 2]");
        string[] items = text[1..^1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.ConvertAll(items, item =>
            int.TryParse(item, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value
            : throw Unreadable(parameter, "a list of whole numbers"));
    }

    /// <summary>A parameter as a list of numbers, recorded as <c>[0.5, 0.25]</c>.</summary>
    /// <exception cref="WinnowException">It was not recorded, or is no such list.</exception>
    public double[] Numbers(string parameter)
    {
        string text = Text(parameter).Trim();
        if (text is not ['[', .., ']'])
            throw Unreadable(parameter, "a list of numbers such as [0.5, 0.25]");
        string[] items = text[1..^1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.ConvertAll(items, item => double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value : throw Unreadable(parameter, "a list of numbers such as [0.5, 0.25]"));
    }

    /// <summary>What a reduction of the recorded tokens <c>[F, N, D]</c> sees. Where the recording does not give the grid, a frame counts
    /// as one row.</summary>
    /// <param name="features">Name of the array.</param>
    /// <param name="signals">What the method asks for besides the tokens.</param>
    public ReductionInput Input(string features = "features", params IEnumerable<(SignalRequest Request, SignalValue Value)> signals)
    {
        IReadOnlyList<int> shape = Shape(features);
        if (shape.Count != 3)
            throw new WinnowException($"{features} of {_file.Path} has {shape.Count} sides; frames, tokens and width are expected.");
        return new ReductionInput(Vectors(features), Grid(shape[0], shape[1]),
            signals.ToDictionary(pair => pair.Request, pair => pair.Value));
    }

    /// <summary>The grid of the recorded frames.</summary>
    public TokenGrid Grid(int frames, int tokensPerFrame)
    {
        int rows = RecordedSide("rows", "grid_rows"), columns = RecordedSide("cols", "grid_cols");
        if (rows * columns == tokensPerFrame)
            return new TokenGrid(frames, rows, columns);
        int side = (int)Math.Round(Math.Sqrt(tokensPerFrame));
        return side * side == tokensPerFrame ? new TokenGrid(frames, side, side) : new TokenGrid(frames, 1, tokensPerFrame);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private int RecordedSide(string name, string alias) => Knows(name) ? Int(name) : Knows(alias) ? Int(alias) : 0;

    private WinnowException Unreadable(string parameter, string expected) =>
        new($"{parameter} of {_file.Path} is \"{Text(parameter)}\"; {expected} is expected.");
}
