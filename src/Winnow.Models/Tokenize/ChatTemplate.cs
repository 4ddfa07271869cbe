using System.Text.Json;

namespace Winnow.Models.Tokenize;

/// <summary>Turns a conversation into prompt ids, as the checkpoint was trained to read it.</summary>
/// <remarks>
/// Control tokens come from the template alone. Texts, with the template's own literals around them, are joined where they touch and then
/// encoded as data, so what a user types can never become a control token, and harmless text gets the reference's ids exactly. An image
/// or a video is one placeholder id, for the caller to replace by rows; no text can produce it.
/// </remarks>
public sealed class ChatTemplate
{
    private const int ImageOutside = -200, VideoOutside = -201;

    private readonly BpeTokenizer _tokenizer;
    private readonly ChatFormat _format;

    private ChatTemplate(ChatFormat format, BpeTokenizer tokenizer)
    {
        _format = format;
        _tokenizer = tokenizer;
        ImagePlaceholder = Placeholder(format.ImageToken, ImageOutside);
        VideoPlaceholder = Placeholder(format.VideoToken, VideoOutside);
    }

    /// <summary>The names that <see cref="Named"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ChatFormat.All.Select(format => format.Name)];

    /// <summary>Which family it is: one of <see cref="Names"/>.</summary>
    public string Name => _format.Name;

    /// <summary>
    /// Stands for one image in a prompt: the checkpoint's id, or -200 where the original code splices outside the vocabulary.
    /// </summary>
    public int ImagePlaceholder { get; }

    /// <summary>
    /// Stands for one video in a prompt: the checkpoint's id, or -201 where it has none and splices outside the vocabulary.
    /// </summary>
    public int VideoPlaceholder { get; }

    /// <summary>
    /// Recognises the template of a checkpoint folder: chat_template.jinja, else chat_template.json, else tokenizer_config.json.
    /// </summary>
    /// <exception cref="WinnowException">
    /// The template is of no known family, is corrupt, or needs tokens that the tokenizer lacks.
    /// </exception>
    public static ChatTemplate Load(string folder, BpeTokenizer tokenizer)
    {
        string? text = ReadText(folder);
        ChatFormat format = ChatFormat.Recognise(text, tokenizer.AddedTokenId("<|vision_start|>") is not null) ?? throw new WinnowException(
            $"{folder}: the chat template is {(text is null ? "missing, and none can be assumed" : "of no known family")}; "
            + $"name one of {string.Join(", ", Names)}.");
        return new ChatTemplate(format, tokenizer);
    }

    /// <summary>Takes a family by name, whatever a folder says.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="tokenizer">Encodes the prompts; must have the family's control tokens.</param>
    /// <exception cref="WinnowException">There is no such family, or it needs tokens that the tokenizer lacks.</exception>
    public static ChatTemplate Named(string name, BpeTokenizer tokenizer)
    {
        ChatFormat format = ChatFormat.All.FirstOrDefault(candidate => candidate.Name == name)
            ?? throw new WinnowException($"There is no chat template '{name}'; it must be one of {string.Join(", ", Names)}.");
        return new ChatTemplate(format, tokenizer);
    }

    /// <summary>Renders a whole conversation.</summary>
    /// <param name="messages">In order; a system message only at the start.</param>
    /// <param name="forAnswer">Whether the prompt ends with the opening of the assistant's next message.</param>
    /// <returns>Prompt ids, with one placeholder per image and video.</returns>
    /// <exception cref="WinnowException">A message is not allowed where it stands, or in this family.</exception>
    public int[] Render(IReadOnlyList<ChatMessage> messages, bool forAnswer = true) => Compose(messages, forAnswer).Encode(_tokenizer);

    /// <summary>Renders the next turn of a conversation whose beginning is already in a cache.</summary>
    /// <remarks>
    /// The ids kept and added together are those of <see cref="Render"/> for the whole conversation. Usually all that is held stays. Not
    /// all of it does where the model's own wording is not how the answer encodes, where an answer was cut off, or in family
    /// <c>llava-onevision</c>, which writes a past answer differently from one in progress: then the last ids held, from the answer on,
    /// are dropped and run again. Earlier visual rows are not touched.
    /// </remarks>
    /// <param name="held">Ids in the cache: the earlier prompt with one placeholder per image and video, then the ids generated.</param>
    /// <param name="messages">The whole conversation, up to the new question.</param>
    /// <exception cref="WinnowException">A message is not allowed where it stands, or in this family.</exception>
    public PromptContinuation Continue(ReadOnlySpan<int> held, IReadOnlyList<ChatMessage> messages)
    {
        int[] whole = Render(messages);
        int kept = Math.Min(held.CommonPrefixLength(whole), whole.Length - 1);
        return new PromptContinuation(kept, whole[kept..]);
    }

    /// <summary>The conversation as the reference's template would print it.</summary>
    internal string RenderText(IReadOnlyList<ChatMessage> messages, bool forAnswer = true) => Compose(messages, forAnswer).ToString();

    private Prompt Compose(IReadOnlyList<ChatMessage> messages, bool forAnswer)
    {
        var prompt = new Prompt();
        if (_format.DefaultSystem is not null && (messages.Count == 0 || messages[0].Role != ChatRole.System))
            Write(prompt, new ChatMessage(ChatRole.System, _format.DefaultSystem));
        for (int i = 0; i < messages.Count; i++)
        {
            Check(messages[i], i);
            Write(prompt, messages[i]);
        }
        if (forAnswer)
        {
            Control(prompt, "<|im_start|>");
            // Family A closes the role with a space everywhere but here.
            prompt.Text("assistant\n");
            if (_format.Thinks)
            {
                Control(prompt, "<think>");
                prompt.Text("\n");
            }
        }
        return prompt;
    }

    private void Check(ChatMessage message, int index)
    {
        if (message.Role == ChatRole.System && index > 0)
            throw new WinnowException($"Message {index} is a system message; only the first message may be one.");
        if (message.Role == ChatRole.Tool && !_format.HasPlainTools)
            throw new WinnowException(
                $"Message {index} is a tool message, which template {Name} does not support here; give its text in a user message.");
        if (message.Images < 0 || message.Videos < 0)
            throw new WinnowException($"Message {index} has {message.Images} images and {message.Videos} videos; neither can be negative.");
        if (message.AroundParts is { } texts && (message.Videos != 1 || message.Images != 0 || texts.Count < 2))
            throw new WinnowException(
                $"Message {index} has {texts.Count} texts around the parts of a video, {message.Videos} videos and "
                    + $"{message.Images} images; there must be at least 2 texts, one video and no image.");
    }

    private void Write(Prompt prompt, ChatMessage message)
    {
        Control(prompt, "<|im_start|>");
        prompt.Text(RoleName(message.Role) + _format.RoleEnd);
        for (int i = 0; i < message.Images + message.Videos; i++)
        {
            if (i > 0)
                prompt.Text(_format.MediaSeparator);
            if (message.AroundParts is { } texts)
                WriteParts(prompt, texts);
            else
                WriteMedia(prompt, isImage: i < message.Images);
        }
        if (message.Images + message.Videos > 0)
            prompt.Text(_format.MediaEnd);
        if (message.Text.Length > 0)
            prompt.Text(_format.TextStart + message.Text);
        Control(prompt, "<|im_end|>");
        prompt.Text(_format.MessageEnd);
    }

    private void WriteParts(Prompt prompt, IReadOnlyList<string> texts)
    {
        prompt.Text(texts[0]);
        foreach (string text in texts.Skip(1))
        {
            WriteMedia(prompt, isImage: false);
            prompt.Text(text);
        }
    }

    private void WriteMedia(Prompt prompt, bool isImage)
    {
        if (_format.MarksVision)
            Control(prompt, "<|vision_start|>");
        if (isImage)
            prompt.Special(ImagePlaceholder, _format.ImageToken);
        else
            prompt.Special(VideoPlaceholder, _format.VideoToken);
        if (_format.MarksVision)
            Control(prompt, "<|vision_end|>");
    }

    private static string RoleName(ChatRole role) => role switch
    {
        ChatRole.System => "system",
        ChatRole.User => "user",
        ChatRole.Assistant => "assistant",
        ChatRole.Tool => "tool",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "There is no such role."),
    };

    private void Control(Prompt prompt, string token) => prompt.Special(RequiredId(token), token);

    private int RequiredId(string token) => _tokenizer.AddedTokenId(token)
        ?? throw new WinnowException(
            $"Chat template {Name} needs the token {token}, which the tokenizer lacks; choose another template.");

    private int Placeholder(string token, int outside) =>
        _format.SplicesOutside ? _tokenizer.AddedTokenId(token) ?? outside : RequiredId(token);

    private static string? ReadText(string folder)
    {
        string raw = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(raw))
            return File.ReadAllText(raw);
        foreach (string name in (ReadOnlySpan<string>)["chat_template.json", "tokenizer_config.json"])
        {
            string file = Path.Combine(folder, name);
            if (File.Exists(file) && ReadMember(file) is string text)
                return text;
        }
        return null;
    }

    /// <summary>The template inside a JSON file: a string, or the one called "default" of a list.</summary>
    private static string? ReadMember(string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!document.RootElement.TryGetProperty("chat_template", out JsonElement value))
                return null;
            if (value.ValueKind != JsonValueKind.Array)
                return value.GetString();
            foreach (JsonElement named in value.EnumerateArray())
                if (named.GetProperty("name").GetString() == "default")
                    return named.GetProperty("template").GetString();
            return null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new WinnowException($"{file} is not valid: {error.Message} Fetch it again.", error);
        }
    }
}
