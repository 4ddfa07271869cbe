using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Families;

/// <summary>A SigLIP vision model by itself: tower, last norm, pooling head.</summary>
public sealed class SiglipVisionModel : IDisposable
{
    private readonly Checkpoint _checkpoint;

    private SiglipVisionModel(SiglipConfig config, Checkpoint checkpoint, Compute compute)
    {
        _checkpoint = checkpoint;
        Tower = new SiglipEncoder(config, checkpoint, compute);
        Head = SiglipPoolingHead.Find(config, checkpoint, compute);
    }

    /// <summary>The tower.</summary>
    public SiglipEncoder Tower { get; }

    /// <summary>The pooling head with the norm before it; null where the folder holds none.</summary>
    public SiglipPoolingHead? Head { get; }

    /// <summary>Loads a folder in Hugging Face's layout.</summary>
    /// <param name="folder">config.json and weights as safetensors.</param>
    /// <param name="compute">Threads and instruction set; must outlive the model.</param>
    /// <exception cref="WinnowException">A file is missing or damaged, or a tensor is missing or misshapen.</exception>
    public static SiglipVisionModel Load(string folder, Compute compute)
    {
        var config = SiglipConfig.Load(folder);
        var checkpoint = Checkpoint.OpenPart(folder, SiglipNames.Tower);
        try
        {
            return new SiglipVisionModel(config, checkpoint, compute);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps the weights.</summary>
    public void Dispose() => _checkpoint.Dispose();
}
