using Winnow.Models.Configuration;

namespace Winnow.Models.Encode;

/// <summary>
/// What to note while a frame passes through the tower, and the notes of the last frame: nothing else of the tower's work is kept.
/// </summary>
public sealed class TowerRecord
{
    private readonly SortedDictionary<int, float[]> _states = [];
    private readonly SortedDictionary<int, float[]> _keys = [];
    private readonly SortedDictionary<int, float[]> _received = [];

    /// <summary>Notes nothing yet.</summary>
    /// <param name="config">Sizes of the tower.</param>
    public TowerRecord(SiglipConfig config) => Config = config;

    /// <summary>Sizes of the tower.</summary>
    internal SiglipConfig Config { get; }

    /// <summary>Blocks that must run for what is noted.</summary>
    internal int BlocksNeeded =>
        Math.Max(_states.Keys.LastOrDefault(0), 1 + Math.Max(_keys.Keys.LastOrDefault(-1), _received.Keys.LastOrDefault(-1)));

    /// <summary>Notes the residual stream: 0 = embeddings, k = output of block k - 1, negative counts from the end.</summary>
    /// <returns><c>[Tokens, Width]</c>, filled anew by each frame.</returns>
    /// <exception cref="WinnowException">The tower has no such state.</exception>
    public float[] State(int index) => Note(_states, Index(index, Config.Layers + 1, "state"), Config.Tokens * Config.Width);

    /// <summary>Notes the keys of a block, heads side by side; negative counts from the end.</summary>
    /// <returns><c>[Tokens, Width]</c>, filled anew by each frame.</returns>
    /// <exception cref="WinnowException">The tower has no such block.</exception>
    public float[] Keys(int layer) => Note(_keys, Index(layer, Config.Layers, "layer"), Config.Tokens * Config.Width);

    /// <summary>
    /// Notes the attention that each token receives in a block, mean over heads, then over queries; negative counts from the end.
    /// </summary>
    /// <returns><c>[Tokens]</c>, filled anew by each frame.</returns>
    /// <exception cref="WinnowException">The tower has no such block.</exception>
    public float[] ReceivedAttention(int layer) => Note(_received, Index(layer, Config.Layers, "layer"), Config.Tokens);

    internal IReadOnlyDictionary<int, float[]> States => _states;

    internal IReadOnlyDictionary<int, float[]> KeyLayers => _keys;

    internal IReadOnlyDictionary<int, float[]> ReceivedLayers => _received;

    internal float[]? FindState(int index) => _states.GetValueOrDefault(index);

    internal float[]? FindKeys(int layer) => _keys.GetValueOrDefault(layer);

    internal float[]? FindReceivedAttention(int layer) => _received.GetValueOrDefault(layer);

    private static float[] Note(SortedDictionary<int, float[]> notes, int key, int length)
    {
        if (!notes.TryGetValue(key, out float[]? values))
            notes.Add(key, values = new float[length]);
        return values;
    }

    private static int Index(int index, int count, string what)
    {
        int absolute = index < 0 ? count + index : index;
        return absolute >= 0 && absolute < count
            ? absolute
            : throw new WinnowException($"The vision tower has no {what} {index}; it has {count}, counted from 0, or from -1 at the end.");
    }
}
