using Winnow.Models.Configuration;
using Winnow.Models.Encode;

namespace Winnow.Bench;

/// <summary>The shapes that are measured: a published model's, the tiny model's, or those of a folder. Weights are made up.</summary>
public sealed record BenchConfiguration
{
    /// <summary>The configuration that is measured where none is named.</summary>
    public const string Default = "llava-onevision-0.5b";

    private static readonly string[] Known = [Default, "llava-onevision-7b", "tiny"];

    /// <summary>Name as it was given.</summary>
    public required string Name { get; init; }

    /// <summary>Sizes of tower, projector and decoder.</summary>
    public required LlavaOneVisionConfig Model { get; init; }

    /// <summary>Visual tokens of a frame after the pooling: 196 for every published model.</summary>
    public int TokensPerFrame => new SpatialPooling(Model.Pooling, Model.Vision.GridSide).Tokens;

    /// <summary>Finds a configuration.</summary>
    /// <param name="name">
    /// <c>llava-onevision-0.5b</c>, <c>llava-onevision-7b</c> (or the part after the second dash alone), <c>tiny</c>, or a folder with a
    /// <c>config.json</c>.
    /// </param>
    /// <exception cref="WinnowException">There is no such name and no such folder, or the folder's config is not supported.</exception>
    public static BenchConfiguration Find(string name)
    {
        if (Known.FirstOrDefault(known => known == name || known.EndsWith($"-{name}", StringComparison.Ordinal)) is not { } resource)
            return Directory.Exists(name)
                ? new BenchConfiguration { Name = name, Model = LlavaOneVisionConfig.Load(name) }
                : throw new WinnowException($"There is no configuration {name}; give {string.Join(", ", Known)}, or a model folder.");
        using Stream stream = typeof(BenchConfiguration).Assembly.GetManifestResourceStream(resource)!;
        using var json = new MemoryStream();
        stream.CopyTo(json);
        return new BenchConfiguration { Name = resource, Model = LlavaOneVisionConfig.Parse(json.ToArray(), $"{resource}/config.json") };
    }
}
