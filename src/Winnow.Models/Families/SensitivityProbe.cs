using System.Numerics.Tensors;
using Winnow.Models.Encode;
using Winnow.Numerics;

namespace Winnow.Models.Families;

/// <summary>
/// Gathers <see cref="Winnow.Reduction.Signal.ProjectorSensitivity"/>: the mean length of <c>(M(x + h u) - M(x - h u)) / 2h</c> over random
/// directions u of unit length, the same for all places, where M is the projector.
/// </summary>
/// <remarks>
/// ZOO-Prune (arXiv 2509.24837): 64 directions, h = 0.01. The first linear layer passes a nudge on as it is, so it is applied once to the
/// places and once to the directions; only activation and second layer are paid for each direction: T * 64 * D^2 multiply-adds a frame.
/// </remarks>
internal sealed class SensitivityProbe
{
    /// <summary>Number of directions.</summary>
    internal const int Directions = 64;

    /// <summary>How far along each.</summary>
    internal const float Step = 0.01f;

    private readonly Projector _projector;
    private readonly Compute _compute;
    private readonly float[] _nudges;
    private readonly float[] _nothing;

    /// <summary>Draws the directions; the seed is fixed.</summary>
    /// <param name="projector">The projector.</param>
    /// <param name="compute">Threads for the activations.</param>
    /// <param name="places">Places of a frame on the tower's grid.</param>
    public SensitivityProbe(Projector projector, Compute compute, int places)
    {
        (_projector, _compute, Values) = (projector, compute, new float[places]);
        int length = projector.InputWidth, width = projector.Width;
        float[] directions = Draw(length);
        (_nudges, _nothing) = (new float[Directions * width], new float[width]);
        // What the biases add is taken off again: a difference has none.
        float[] bias = new float[width];
        projector.Enter(new float[length], 1, bias);
        projector.Enter(directions, Directions, _nudges);
        for (int j = 0; j < Directions; j++)
            TensorPrimitives.Subtract(_nudges.AsSpan(j * width, width), bias, _nudges.AsSpan(j * width, width));
        TensorPrimitives.Multiply(_nudges, Step, _nudges);
        projector.Leave(new float[width], 1, _nothing);
    }

    /// <summary><c>[Tokens]</c> of the tower: the last frame's.</summary>
    public float[] Values { get; }

    /// <summary>Takes over the frame that has just passed.</summary>
    /// <param name="features"><c>[Tokens, InputWidth]</c>.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Update(float[] features, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        int places = Values.Length, width = _projector.Width;
        Span<float> inner = arena.Rent(places * width), up = arena.Rent(places * width), down = arena.Rent(places * width);
        _projector.Enter(features, places, inner);
        Array.Clear(Values);
        for (int j = 0; j < Directions; j++)
        {
            ReadOnlySpan<float> nudge = _nudges.AsSpan(j * width, width);
            for (int row = 0; row < inner.Length; row += width)
            {
                TensorPrimitives.Add(inner.Slice(row, width), nudge, up.Slice(row, width));
                TensorPrimitives.Subtract(inner.Slice(row, width), nudge, down.Slice(row, width));
            }
            Activations.GeluErf(_compute, up, up);
            Activations.GeluErf(_compute, down, down);
            TensorPrimitives.Subtract(up, down, up);
            TensorPrimitives.Divide(up, 2 * Step, up);
            _projector.Leave(up, places, down);
            for (int place = 0; place < places; place++)
            {
                Span<float> difference = down.Slice(place * width, width);
                TensorPrimitives.Subtract(difference, _nothing, difference);
                Values[place] += TensorPrimitives.Norm<float>(difference) / Directions;
            }
        }
    }

    /// <summary><c>[Directions, length]</c>: directions of unit length.</summary>
    internal static float[] Draw(int length)
    {
        var random = new Random(0);
        float[] directions = new float[Directions * length];
        for (int j = 0; j < Directions; j++)
        {
            Span<float> direction = directions.AsSpan(j * length, length);
            foreach (ref float value in direction)
                value = Normal(random);
            TensorPrimitives.Divide(direction, TensorPrimitives.Norm<float>(direction), direction);
        }
        return directions;
    }

    private static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
