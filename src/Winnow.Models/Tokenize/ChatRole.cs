namespace Winnow.Models.Tokenize;

/// <summary>Who speaks. A closed set, because the role is written into the prompt as it stands.</summary>
public enum ChatRole
{
    /// <summary>Instructions that hold for the whole conversation; written as <c>system</c>.</summary>
    System,

    /// <summary>The one who asks; written as <c>user</c>.</summary>
    User,

    /// <summary>The model; written as <c>assistant</c>.</summary>
    Assistant,

    /// <summary>The result of a tool; written as <c>tool</c>.</summary>
    Tool,
}
