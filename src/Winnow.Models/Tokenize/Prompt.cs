using System.Text;

namespace Winnow.Models.Tokenize;

/// <summary>A rendered prompt before encoding: special ids, and texts joined where they touch.</summary>
internal sealed class Prompt
{
    private readonly List<Item> _items = [];
    private readonly StringBuilder _text = new();

    /// <summary>Appends text, which will be encoded as data together with the text around it.</summary>
    public void Text(string text) => _text.Append(text);

    /// <summary>Appends an id as it stands.</summary>
    /// <param name="id">The id.</param>
    /// <param name="name">How the reference would print it.</param>
    public void Special(int id, string name)
    {
        EndText();
        _items.Add(new Item(id, name));
    }

    /// <summary>The prompt's ids.</summary>
    public int[] Encode(BpeTokenizer tokenizer)
    {
        EndText();
        var ids = new List<int>();
        foreach (Item item in _items)
        {
            if (item.Id is int id)
                ids.Add(id);
            else
                ids.AddRange(tokenizer.Encode(item.Text));
        }
        return [.. ids];
    }

    /// <summary>The prompt as the reference would print it.</summary>
    public override string ToString()
    {
        EndText();
        return string.Concat(_items.Select(item => item.Text));
    }

    private void EndText()
    {
        if (_text.Length > 0)
            _items.Add(new Item(null, _text.ToString()));
        _text.Clear();
    }

    private readonly record struct Item(int? Id, string Text);
}
