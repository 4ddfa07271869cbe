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
    public bool Has(string name) => _tensors.ContainsKey(name) || _tensors.ContainsKey(Int8Tensors.Steps(name));

    /// <summary>The family's names of all tensors, and where they lie.</summary>
    public IEnumerable<(string Name, SafeTensorsFile File, TensorEntry Entry)> Tensors =>
        _tensors.Select(pair => (pair.Key, pair.Value.File, pair.Value.File[pair.Value.Name]));

    /// <inheritdoc/>
    public WeightMatrix Matrix(string name, params ReadOnlySpan<int> shape) =>
        _tensors.ContainsKey(Int8Tensors.Steps(name)) ? Steps(name, shape) : Stored(name, shape);

    /// <inheritdoc/>
    public WeightMatrix Table(string name, int rows, int columns) => Stored(name, [rows, columns]);

    /// <inheritdoc/>
    public float[] Values(string name, params ReadOnlySpan<int> shape)
    {
        (SafeTensorsFile file, TensorEntry entry) = Take(name, shape);
        return file.ReadFloats(entry.Name);
    }

    /// <inheritdoc/>
    public void Release(string name)
    {
        if (_tensors.TryGetValue(name, out (SafeTensorsFile File, string Name) tensor))
            tensor.File.Release(tensor.Name);
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

    private WeightMatrix Steps(string name, ReadOnlySpan<int> shape)
    {
        (SafeTensorsFile file, TensorEntry steps) = Take(Int8Tensors.Steps(name));
        (SafeTensorsFile scaleFile, TensorEntry scales) = Take(Int8Tensors.Scales(name));
        if (scaleFile != file)
            throw new WinnowException(
                $"{_origin} holds the steps of {name} in another file than their scales; write it again with winnow quantize.");
        int columns = 1;
        foreach (int side in shape[1..])
            columns *= side;
        return Int8Tensors.Map(file, steps, scales, shape[0], columns);
    }

    private unsafe WeightMatrix Stored(string name, ReadOnlySpan<int> shape)
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

    private (SafeTensorsFile File, TensorEntry Entry) Take(string name, ReadOnlySpan<int> shape)
    {
        (SafeTensorsFile file, TensorEntry entry) = Take(name);
        if (!shape.SequenceEqual([.. entry.Shape]))
            throw new WinnowException(
                $"The tensor {entry} of {file.Path} must have the shape [{string.Join(", ", shape.ToArray())}] by the folder's config.");
        return (file, entry);
    }

    private (SafeTensorsFile File, TensorEntry Entry) Take(string name)
    {
        if (!_tensors.TryGetValue(name, out (SafeTensorsFile File, string Name) tensor))
            throw new WinnowException($"{_origin} holds no tensor {name}.");
        _taken.Add(name);
        return (tensor.File, tensor.File[tensor.Name]);
    }
}
