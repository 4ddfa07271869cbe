using Winnow.Primitives;

namespace Winnow.Tests.Primitives;

public class LayerDepthTests
{
    [Theory]
    [InlineData(28, new[] { 3, 10, 19 })]
    [InlineData(56, new[] { 6, 20, 38 })]
    [InlineData(24, new[] { 3, 9, 16 })]
    [InlineData(6, new[] { 1, 2, 4 })]
    [InlineData(4, new[] { 1, 2, 3 })]
    public void Layers_move_to_the_same_shares_of_the_depth_and_never_coincide(int layers, int[] expected) =>
        Assert.Equal(expected, LayerDepth.Of(null, [3, 10, 19], 28, layers));

    [Fact]
    public void Given_layer_is_taken_as_it_is() => Assert.Equal(5, LayerDepth.Of(5, 18, 28, 24));

    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    public void Layer_outside_the_model_is_refused_with_its_range(int layer) =>
        Assert.Contains("from 1 to 23", Assert.Throws<ArgumentException>(() => LayerDepth.Of(layer, 2, 32, 24)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Falling_layers_and_too_shallow_models_are_refused()
    {
        Assert.Throws<ArgumentException>(() => LayerDepth.Of([4, 3], [3, 10], 28, 24));
        Assert.Throws<ArgumentException>(() => LayerDepth.Of(null, [3, 10, 19], 28, 3));
    }
}
