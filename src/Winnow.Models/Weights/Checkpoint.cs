using Winnow.Numerics;

namespace Winnow.Models.Weights;

/// <summary>The weights of a model folder, mapped: one file or several, under one set of names.</summary>
internal sealed class Checkpoint : IWeightSource, IDisposable
{
    private readonly string _origin;
    private readonly IReadOnlyList<SafeTensorsFile> _files;
    private readonly Dictionary<string, (SafeTensorsFile File, string Name)> _tensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    private Checkpoint(string origin, IReadOnlyList<SafeTensorsFile> files) => (_origin, _files) = (origin, files);

    /// <summary>Maps the weights of a folder.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="layout">How the family names tensors; a tensor that fits none of its prefixes is an error.</param>
    /// <exception cref="WinnowException">Files are missing or damaged, or a tensor's name is unknown or stands twice.</exception>
    public static Checkpoint Open(string folder, NameLayout layout) =>
        Create(folder, TensorFiles.Open(folder), layout, tensor => throw new WinnowException(
            $"{folder} holds the tensor {tensor}, which belongs to no part of this model."));

    /// <summary>Maps a weight file or a folder of them, and takes of it what the layout knows; the rest is left aside.</summary>
    /// <exception cref="WinnowException">Files are missing or damaged, or a tensor stands twice.</exception>
    public static Checkpoint OpenPart(string path, NameLayout layout) =>
        Create(path, Directory.Exists(path) ? TensorFiles.Open(path) : [SafeTensorsFile.Open(path)], layout, _ => { });

    /// <inheritdoc/>
    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc/>
    public unsafe WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape)
    {
        (SafeTensorsFile file, TensorEntry entry) = Take(name, shape);
        WeightType type = entry.Type switch
        {
            TensorType.F32 => WeightType.F32,
            TensorType.F16 => WeightType.F16,
            TensorType.BF16 => WeightType.BF16,
            _ => throw new WinnowException(
                $"The tensor {entry} of {file.Path} cannot be multiplied with; supported are F32, F16 and BF16."),
        };
        return WeightMatrix.FromMemory(type, shape[0], (int)(entry.Count / shape[0]), (void*)file.AddressOf(entry.Name), file);
    }

    /// <inheritdoc/>
    public WeightMatrix Table(string name, int rows, int columns) => Matrix(name, rows, columns);

    /// <inheritdoc/>
    public float[] Values(string name, params ReadOnlySpan<int> shape)
    {
        (SafeTensorsFile file, TensorEntry entry) = Take(name, shape);
        return file.ReadFloats(entry.Name);
    }

    /// <summary>Ends the loading: whatever nobody asked for is an error, except what is known to be left aside.</summary>
    /// <exception cref="WinnowException">A tensor is left over.</exception>
    public void RefuseLeftovers(Predicate<string> isLeftAside)
    {
        if (_tensors.FirstOrDefault(pair => !_taken.Contains(pair.Key) && !isLeftAside(pair.Key)) is { Key: { } name } left)
            throw new WinnowException(
                $"{_origin} holds the tensor {left.Value.Name} ({name}), which this model's config has no place for.");
    }

    /// <summary>Unmaps the files; every matrix taken from here is void.</summary>
    public void Dispose()
    {
        foreach (SafeTensorsFile file in _files)
            file.Dispose();
    }

    private static Checkpoint Create(string origin, IReadOnlyList<SafeTensorsFile> files, NameLayout layout, Action<string> unknown)
    {
        var checkpoint = new Checkpoint(origin, files);
        try
        {
            foreach (SafeTensorsFile file in files)
                foreach (string name in file.Entries.Keys.Where(name => !NameLayout.IsIgnored(name)))
                    if (layout.Canonical(name) is not { } canonical)
                        unknown(name);
                    else if (!checkpoint._tensors.TryAdd(canonical, (file, name)))
                        throw new WinnowException(
                            $"{origin} holds {canonical} twice, as {checkpoint._tensors[canonical].Name} and {name}.");
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private (SafeTensorsFile File, TensorEntry Entry) Take(string name, ReadOnlySpan<int> shape)
    {
        if (!_tensors.TryGetValue(name, out (SafeTensorsFile File, string Name) tensor))
            throw new WinnowException($"{_origin} holds no tensor {name}.");
        TensorEntry entry = tensor.File[tensor.Name];
        if (!shape.SequenceEqual([.. entry.Shape]))
            throw new WinnowException(
                $"The tensor {entry} of {tensor.File.Path} must have the shape [{string.Join(", ", shape.ToArray())}] by the folder's "
                + "config.");
        _taken.Add(name);
        return (tensor.File, entry);
    }
}
