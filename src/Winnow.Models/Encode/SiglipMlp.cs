using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Encode;

/// <summary>The feed-forward half of a SigLIP block: linear, GELU (tanh form), linear.</summary>
internal sealed class SiglipMlp(SiglipConfig config, IWeightSource weights, string name)
{
    private readonly Linear _first = Linear.Load(weights, $"{name}.fc1", config.MlpWidth, config.Width, bias: true);
    private readonly Linear _second = Linear.Load(weights, $"{name}.fc2", config.Width, config.MlpWidth, bias: true);

    /// <summary>Adds the result for <c>[rows, Width]</c> to <paramref name="sum"/>.</summary>
    public void AddTo(Compute compute, ReadOnlySpan<float> x, int rows, Span<float> sum, ActivationArena arena)
    {
        using ActivationArena.Scope scope = arena.Enter();
        Span<float> inner = arena.Rent(rows * config.MlpWidth);
        _first.Apply(compute, x, rows, inner, Epilogue.GeluTanh);
        _second.Apply(compute, inner, rows, sum, Epilogue.Accumulate);
    }
}
