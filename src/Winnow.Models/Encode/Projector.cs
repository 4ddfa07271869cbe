using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>From the tower's width to the language model's: linear, GELU (erf form, unlike the tower's), linear.</summary>
public sealed class Projector
{
    private readonly Compute _compute;
    private readonly Linear _first;
    private readonly Linear _second;

    /// <summary>Takes the weights (names beginning with <c>projector.</c>).</summary>
    /// <exception cref="WinnowException">A weight is missing or has another shape.</exception>
    public Projector(LlavaOneVisionConfig config, IWeightSource weights, Compute compute)
    {
        _compute = compute;
        InputWidth = config.Vision.Width * config.FeatureLayers.Count;
        Width = config.Text.Width;
        _first = Linear.Load(weights, "projector.first", Width, InputWidth, config.ProjectorBias);
        _second = Linear.Load(weights, "projector.second", Width, Width, config.ProjectorBias);
    }

    /// <summary>Width of a token that comes in: the tower's, times the number of its states that are used.</summary>
    public int InputWidth { get; }

    /// <summary>Width of a token that goes out: the language model's.</summary>
    public int Width { get; }

    /// <summary>Projects tokens.</summary>
    /// <param name="features"><c>[tokens, InputWidth]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="projected"><c>[tokens, Width]</c>; must not overlap the features.</param>
    /// <param name="arena">Scratch memory.</param>
    public void Apply(ReadOnlySpan<float> features, int tokens, Span<float> projected, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> inner = arena.Rent(tokens * Width);
        _first.Apply(_compute, features, tokens, inner, Epilogue.GeluErf);
        _second.Apply(_compute, inner, tokens, projected);
    }

    /// <summary>The first linear layer alone, without its activation: <c>[rows, InputWidth]</c> to <c>[rows, Width]</c>.</summary>
    internal void Enter(ReadOnlySpan<float> features, int rows, Span<float> inner) => _first.Apply(_compute, features, rows, inner);

    /// <summary>The second linear layer alone, bias included: <c>[rows, Width]</c> to the same.</summary>
    internal void Leave(ReadOnlySpan<float> inner, int rows, Span<float> projected) => _second.Apply(_compute, inner, rows, projected);
}
