using Winnow.Models.Weights;

namespace Winnow.Models.Families;

/// <summary>
/// The three ways in which files name LLaVA-OneVision's tensors: Hugging Face's old and new module tree, and the original code's.
/// </summary>
internal static class LlavaOneVisionNames
{
    /// <summary>Every part of the model.</summary>
    public static NameLayout Model { get; } = new(
        ("model.vision_tower.vision_tower.vision_model.", "vision."),
        ("model.vision_tower.vision_tower.", "vision."),
        ("model.vision_tower.vision_model.", "vision."),
        ("vision_tower.vision_model.", "vision."),
        ("model.vision_tower.", "vision."),
        ("vision_tower.", "vision."),
        ("model.multi_modal_projector.linear_1.", "projector.first."),
        ("model.multi_modal_projector.linear_2.", "projector.second."),
        ("multi_modal_projector.linear_1.", "projector.first."),
        ("multi_modal_projector.linear_2.", "projector.second."),
        ("model.mm_projector.0.", "projector.first."),
        ("model.mm_projector.2.", "projector.second."),
        ("model.image_newline", "newline"),
        ("image_newline", "newline"),
        ("model.language_model.", "text."),
        ("language_model.model.", "text."),
        ("language_model.lm_head.", "head."),
        ("lm_head.", "head."),
        ("model.", "text."));

    /// <summary>
    /// Tensors that a folder may hold though this model has no use for them: the tower's last norm and its pooling head, and a head that is
    /// tied.
    /// </summary>
    public static bool IsLeftAside(string name) =>
        name.StartsWith("vision.post_layernorm.", StringComparison.Ordinal)
        || name.StartsWith("vision.head.", StringComparison.Ordinal)
        || name == Prefill.Qwen2Decoder.HeadName;
}
