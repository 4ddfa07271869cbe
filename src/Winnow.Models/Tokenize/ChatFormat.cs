namespace Winnow.Models.Tokenize;

/// <summary>A family of chat templates as data.</summary>
/// <param name="Name">What the user calls it.</param>
/// <remarks>
/// A message is <c>&lt;|im_start|&gt;</c>, role, <see cref="RoleEnd"/>, images and videos, text, <c>&lt;|im_end|&gt;</c>, <see
/// cref="MessageEnd"/>. Rules and letters as in the reference's templates: A of the published llava-hf folders, B of the conversion
/// script, C of the original code.
/// </remarks>
internal sealed record ChatFormat(string Name)
{
    /// <summary>The system message of a conversation that starts without one; null for none.</summary>
    public string? DefaultSystem { get; private init; }

    /// <summary>Written after the role.</summary>
    public string RoleEnd { get; private init; } = "\n";

    /// <summary>Written between two images or videos.</summary>
    public string MediaSeparator { get; private init; } = "";

    /// <summary>Written once after the last image or video.</summary>
    public string MediaEnd { get; private init; } = "";

    /// <summary>Written before the text, if there is one.</summary>
    public string TextStart { get; private init; } = "";

    /// <summary>Written after a message's end marker.</summary>
    public string MessageEnd { get; private init; } = "\n";

    /// <summary>The token that an image's rows replace.</summary>
    public string ImageToken { get; private init; } = "<image>";

    /// <summary>The token that a video's rows replace.</summary>
    public string VideoToken { get; private init; } = "<video>";

    /// <summary>Whether the placeholders need not be tokens: the original code splices at an id that no token has.</summary>
    public bool SplicesOutside { get; private init; }

    /// <summary>Whether images and videos stand between <c>&lt;|vision_start|&gt;</c> and <c>&lt;|vision_end|&gt;</c>.</summary>
    public bool MarksVision { get; private init; }

    /// <summary>Whether an answer starts with an open <c>&lt;think&gt;</c>.</summary>
    public bool Thinks { get; private init; }

    /// <summary>Whether tool messages look like any other; where they do not, they are refused.</summary>
    public bool HasPlainTools { get; private init; } = true;

    private const string Assistant = "You are a helpful assistant.";
    private const string VisionTriple = "<|vision_start|><|video_pad|><|vision_end|>";

    private static readonly ChatFormat SpaceAfterRole = new("llava-onevision")
    {
        RoleEnd = " ",
        TextStart = "\n",
        MessageEnd = "",
    };

    private static readonly ChatFormat LineAfterRole = SpaceAfterRole with { Name = "llava-onevision-newline", RoleEnd = "\n" };

    private static readonly ChatFormat Lines = new("llava-onevision-lines")
    {
        MediaSeparator = "\n",
        MediaEnd = "\n",
    };

    private static readonly ChatFormat Original = new("llava-original")
    {
        DefaultSystem = Assistant,
        MediaSeparator = " ",
        MediaEnd = "\n",
        SplicesOutside = true,
    };

    private static readonly ChatFormat Qwen2Vl = new("qwen2-vl")
    {
        DefaultSystem = Assistant,
        ImageToken = "<|image_pad|>",
        VideoToken = "<|video_pad|>",
        MarksVision = true,
    };

    private static readonly ChatFormat Qwen3Vl = Qwen2Vl with { Name = "qwen3-vl", DefaultSystem = null, HasPlainTools = false };

    private static readonly ChatFormat Qwen3VlThinking = Qwen3Vl with { Name = "qwen3-vl-thinking", Thinks = true };

    /// <summary>All families.</summary>
    public static IReadOnlyList<ChatFormat> All { get; } =
        [SpaceAfterRole, LineAfterRole, Lines, Original, Qwen2Vl, Qwen3Vl, Qwen3VlThinking];

    /// <summary>Recognises a template by fragments that only its family has; null if it is of none.</summary>
    /// <param name="template">The Jinja text; null for a folder without one, which is how the original code publishes.</param>
    /// <param name="hasVisionTokens">Whether the tokenizer is of a Qwen-VL family, whose templates cannot be guessed.</param>
    public static ChatFormat? Recognise(string? template, bool hasVisionTokens)
    {
        if (template is null)
            return hasVisionTokens ? null : Original;
        string text = Canonical(template);
        if (text.Contains(VisionTriple, StringComparison.Ordinal))
        {
            if (text.Contains("system\n" + Assistant, StringComparison.Ordinal))
                return Qwen2Vl;
            return text.Contains("assistant\n<think>\n'", StringComparison.Ordinal) ? Qwen3VlThinking : Qwen3Vl;
        }
        if (text.Contains("'\n'+content['text']", StringComparison.Ordinal) && !text.Contains("<|im_end|>\n", StringComparison.Ordinal))
        {
            if (text.Contains("message['role']+' '", StringComparison.Ordinal))
                return SpaceAfterRole;
            return text.Contains("message['role']+'\n'", StringComparison.Ordinal) ? LineAfterRole : null;
        }
        if (text.Contains("'<image>\n'", StringComparison.Ordinal))
            return Lines;
        // The text-only template of the language model, which the original folders kept.
        return text.Contains("message['role']+'\n'+message['content']", StringComparison.Ordinal) && !hasVisionTokens ? Original : null;
    }

    /// <summary>Evens out what does not matter in a template: kind of quotes, escaped or real line ends, spaces around '+'.</summary>
    private static string Canonical(string template) =>
        template.Replace("\\n", "\n", StringComparison.Ordinal).Replace('"', '\'')
            .Replace(" +", "+", StringComparison.Ordinal).Replace("+ ", "+", StringComparison.Ordinal);
}
