using Winnow.Models.Configuration;

namespace Winnow.Models.Weights;

/// <summary>The weight files of a model folder: one, or several with an index.</summary>
internal static class TensorFiles
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";

    /// <summary>Maps every weight file of the folder.</summary>
    /// <exception cref="WinnowException">There is none, one is damaged, or the index and the files disagree.</exception>
    public static IReadOnlyList<SafeTensorsFile> Open(string folder)
    {
        string single = Path.Combine(folder, SingleName), index = Path.Combine(folder, IndexName);
        if (File.Exists(single))
            return [SafeTensorsFile.Open(single)];
        if (File.Exists(index))
            return OpenShards(folder, index);
        throw new WinnowException(
            $"{folder} holds no weights: neither {SingleName} nor {IndexName}. Give a model folder in Hugging Face's layout, with "
            + "weights as safetensors.");
    }

    private static List<SafeTensorsFile> OpenShards(string folder, string index)
    {
        ConfigObject map = ConfigObject.Read(index).Object("weight_map") ?? throw new WinnowException($"{index} has no weight_map.");
        var files = new List<SafeTensorsFile>();
        try
        {
            foreach (IGrouping<string, (string Tensor, string File)> shard in map.TextProperties().GroupBy(pair => pair.Value))
            {
                if (shard.Key != Path.GetFileName(shard.Key))
                    throw new WinnowException($"{index} names the file {shard.Key}; a shard must lie beside its index.");
                var file = SafeTensorsFile.Open(Path.Combine(folder, shard.Key));
                files.Add(file);
                RefuseDisagreement(index, file, shard.Select(pair => pair.Tensor).ToHashSet(StringComparer.Ordinal));
            }
            return files;
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    private static void RefuseDisagreement(string index, SafeTensorsFile file, HashSet<string> listed)
    {
        if (listed.FirstOrDefault(name => !file.Contains(name)) is { } missing)
            throw new WinnowException($"{index} says that {missing} lies in {file.Path}, but it does not.");
        if (file.Entries.Keys.FirstOrDefault(name => !listed.Contains(name)) is { } unlisted)
            throw new WinnowException($"{file.Path} holds {unlisted}, which {index} does not list there.");
    }
}
