using Winnow.Models.Weights;

namespace Winnow.Models.Families;

/// <summary>How files of SigLIP alone name the vision tower's tensors.</summary>
internal static class SiglipNames
{
    /// <summary>Tower, last norm and pooling head; the text tower of a whole SigLIP model fits none of these.</summary>
    public static NameLayout Tower { get; } = new(
        ("vision_model.", "vision."),
        ("embeddings.", "vision.embeddings."),
        ("encoder.", "vision.encoder."),
        ("post_layernorm.", "vision.post_layernorm."),
        ("head.", "vision.head."));
}
