namespace Winnow.Models.Tests.Tokenize;

/// <summary>Template texts, cut down to what a family says of itself.</summary>
internal static class ChatTemplates
{
    public const string SpaceAfterRole =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + ' '}}{% for content in message['content'] %}"
        + @"{{ '<image>' }}{% endfor %}{% for content in message['content'] %}{{ '\n' + content['text'] }}{% endfor %}"
        + @"{{'<|im_end|>'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    public const string Lines =
        @"{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'}}{{ '<image>\n' }}{{ '<video>\n' }}"
        + @"{{ content['text'] }}{{'<|im_end|>\n'}}{% endfor %}";

    public const string TextOnly =
        @"{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}";

    public const string Qwen2Vl =
        "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
        + "<|vision_start|><|image_pad|><|vision_end|><|vision_start|><|video_pad|><|vision_end|>";

    public const string Qwen3Vl = "{{- '<|vision_start|><|video_pad|><|vision_end|>' }}{{- '<|im_start|>assistant\\n' }}";

    public const string Qwen3VlThinking = "{{- '<|vision_start|><|video_pad|><|vision_end|>' }}{{- '<|im_start|>assistant\\n<think>\\n' }}";
}
