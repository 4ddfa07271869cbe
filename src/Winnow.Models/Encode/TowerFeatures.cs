namespace Winnow.Models.Encode;

/// <summary>What the projector takes of a frame: one state of the tower, or several side by side.</summary>
public sealed class TowerFeatures
{
    private readonly float[][] _states;
    private readonly int _tokens;

    /// <summary>Has the states noted.</summary>
    /// <param name="record">The notes of the tower that the frames pass through.</param>
    /// <param name="layers">Which states, as for <see cref="TowerRecord.State"/>; at least one.</param>
    /// <exception cref="WinnowException">The tower has no such state.</exception>
    public TowerFeatures(TowerRecord record, IReadOnlyList<int> layers)
    {
        _states = [.. layers.Select(record.State)];
        _tokens = record.Config.Tokens;
        SingleState = layers.Count > 1 ? null : layers[0] < 0 ? record.Config.Layers + 1 + layers[0] : layers[0];
        Values = _states.Length == 1 ? _states[0] : new float[_states.Length * _states[0].Length];
    }

    /// <summary><c>[Tokens, states * Width]</c>: the last frame's, once <see cref="Update"/> was called.</summary>
    public float[] Values { get; }

    /// <summary>The one state that the features are, counted from 0; null where they are several.</summary>
    internal int? SingleState { get; }

    /// <summary>Takes over the frame that has just passed.</summary>
    public void Update()
    {
        if (_states.Length == 1)
            return;
        int width = _states[0].Length / _tokens;
        for (int token = 0; token < _tokens; token++)
            for (int state = 0; state < _states.Length; state++)
                _states[state].AsSpan(token * width, width).CopyTo(Values.AsSpan((token * _states.Length + state) * width));
    }
}
