using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Families;

/// <summary>
/// Writes a model folder whose matrices are int8, as <see cref="LlavaOneVisionOptions.Quantize"/> would round them while loading: it is
/// loaded by mapping alone. What a model looks up rather than multiplies with, and what it has no use for, stays as it was.
/// </summary>
public static class QuantizedFolder
{
    private const string WeightFile = "model.safetensors";
    private static readonly string[] WeightEndings =
        [".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".gguf"];

    /// <summary>Reads one folder and writes the other.</summary>
    /// <param name="source">A LLaVA-OneVision folder, see <see cref="LlavaOneVision.Load"/>.</param>
    /// <param name="destination">A folder that does not exist or holds no weights.</param>
    /// <param name="compute">Threads to work on.</param>
    /// <param name="groupSize">Inputs that share one scale: a multiple of 4 from 16 to 1024.</param>
    /// <param name="progress">Receives the name of each matrix before it is written; null for none.</param>
    /// <param name="cancellation">Ends the work between two matrices; no weights are left behind then.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="groupSize"/> is out of range.</exception>
    /// <exception cref="WinnowException">
    /// The source cannot be loaded or is quantised already, or the destination holds weights or cannot be written.
    /// </exception>
    public static QuantizationResult Write(
        string source, string destination, Compute compute, int groupSize, IProgress<string>? progress, CancellationToken cancellation)
    {
        if (!Int8Tensors.IsGroupSize(groupSize))
            throw new ArgumentOutOfRangeException(nameof(groupSize), groupSize, "The group size must be a multiple of 4 from 16 to 1024.");
        var config = LlavaOneVisionConfig.Load(source);
        var pixels = PixelSettings.Load(source, config.Vision.ImageSide);
        using var checkpoint = Checkpoint.Open(source, LlavaOneVisionNames.Model);
        var requested = new RequestedTensors(checkpoint);
        using (new LlavaOneVision(config, pixels, requested, compute))
            checkpoint.RefuseLeftovers(LlavaOneVisionNames.IsLeftAside);
        if (requested.Matrices.Values.Any(matrix => matrix.Type == WeightType.Int8))
            throw new WinnowException($"{source} is quantised already; give the folder with the original weights.");
        if (Directory.Exists(destination) && Directory.EnumerateFiles(destination, "*.safetensors").FirstOrDefault() is { } occupied)
            throw new WinnowException($"{occupied} exists already; give a folder without weights.");
        try
        {
            Directory.CreateDirectory(destination);
            CopyOtherFiles(source, destination);
            Announce(checkpoint, requested, compute, groupSize, progress).Write(Path.Combine(destination, WeightFile), cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WinnowException($"{destination} cannot be written: {exception.Message}", exception);
        }
        return new QuantizationResult(
            requested.Matrices.Count,
            checkpoint.Tensors.Sum(tensor => tensor.Entry.ByteCount),
            new FileInfo(Path.Combine(destination, WeightFile)).Length);
    }

    /// <summary>The tensors of the file: matrices first, as their lengths are whole cache lines and keep one another aligned.</summary>
    private static SafeTensorsOutput Announce(
        Checkpoint checkpoint, RequestedTensors requested, Compute compute, int groupSize, IProgress<string>? progress)
    {
        var output = new SafeTensorsOutput(new Dictionary<string, string>
        {
            [Int8Tensors.GroupSizeKey] = $"{groupSize}",
            ["format"] = "pt",
        });
        var stored = checkpoint.Tensors.ToList();
        foreach ((string name, SafeTensorsFile file, TensorEntry entry) in stored)
            if (requested.Matrices.TryGetValue(name, out WeightMatrix? matrix))
                AddMatrix(
                    output, entry.Name, matrix, compute, groupSize, () => progress?.Report(entry.Name), () => file.Release(entry.Name));
        foreach ((string name, SafeTensorsFile file, TensorEntry entry) in stored)
            if (!requested.Matrices.ContainsKey(name) || requested.Others.Contains(name))
                output.Add(entry.Name, entry.Type, entry.Shape, stream => file.CopyTo(entry.Name, stream));
        return output;
    }

    private static void AddMatrix(
        SafeTensorsOutput output, string name, WeightMatrix matrix, Compute compute, int groupSize, Action begin, Action end)
    {
        // Steps and scales come from one rounding, which is kept from the writing of the one to the writing of the other.
        WeightMatrix? rounded = null;
        output.Add(Int8Tensors.Steps(name), TensorType.I8, Int8Tensors.StepShape(matrix.Rows, matrix.Columns), stream =>
        {
            begin();
            rounded = matrix.Quantize(compute, groupSize);
            end();
            WriteBytes(rounded, stream, ofScales: false);
        });
        output.Add(Int8Tensors.Scales(name), TensorType.F32, Int8Tensors.ScaleShape(matrix.Rows, matrix.Columns, groupSize), stream =>
        {
            WriteBytes(rounded!, stream, ofScales: true);
            rounded = null;
        });
    }

    private static unsafe void WriteBytes(WeightMatrix matrix, Stream stream, bool ofScales)
    {
        using var bytes = new UnmanagedMemoryStream(
            ofScales ? (byte*)matrix.Scales : (byte*)matrix.Data, ofScales ? sizeof(float) * matrix.ScaleCount : matrix.DataBytes);
        bytes.CopyTo(stream);
        GC.KeepAlive(matrix);
    }

    private static void CopyOtherFiles(string source, string destination)
    {
        foreach (string path in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(source, path);
            if (WeightEndings.Any(ending => relative.EndsWith(ending, StringComparison.Ordinal)) || relative.StartsWith('.'))
                continue;
            string target = Path.Combine(destination, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target, overwrite: true);
        }
    }
}
