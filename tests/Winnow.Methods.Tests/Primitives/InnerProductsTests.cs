using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class InnerProductsTests
{
    [Theory]
    [InlineData(0, 3, 5)]
    [InlineData(1, 1, 1)]
    [InlineData(5, 7, 3)]
    [InlineData(9, 4, 33)]
    [InlineData(70, 130, 257)]
    // More rows and columns than a piece of work has, and longer than one sweep.
    [InlineData(260, 530, 3)]
    [InlineData(9, 33, 901)]
    public void Between_agrees_with_the_plain_sums(int left, int right, int dimension)
    {
        TokenMatrix a = Samples.Vectors(1, left, dimension), b = Samples.Vectors(2, right, dimension);

        RealMatrix wide = InnerProducts.Between(a, b);
        float[] narrow = new float[left * right];
        InnerProducts.Between(a, b, narrow);

        for (int i = 0; i < left; i++)
            for (int j = 0; j < right; j++)
            {
                double plain = Plain(a[i], b[j]);
                // A few hundred float64 terms of size one in another order; float32 has 29 bits less.
                Assert.Equal(plain, wide[i, j], 1e-12);
                Assert.Equal(plain, narrow[i * right + j], 1e-4);
            }
    }

    [Theory]
    [InlineData(131, 77)]
    [InlineData(600, 5)]
    [InlineData(40, 500)]
    public void Among_is_the_product_with_itself_to_the_last_bit(int count, int dimension)
    {
        TokenMatrix vectors = Samples.Vectors(3, count, dimension);
        float[] half = new float[count * count], full = new float[count * count];

        InnerProducts.Between(vectors, vectors, half);
        InnerProducts.Between(vectors, new TokenMatrix(vectors.Values.ToArray(), dimension), full);

        Assert.Equal(InnerProducts.Between(vectors, vectors).Values, InnerProducts.Among(vectors).Values);
        Assert.Equal(full, half);
    }

    [Fact]
    public void Equal_vectors_have_equal_products_wherever_they_stand()
    {
        float[] one = Samples.Vectors(4, 1, 61).Values.ToArray();
        var copies = new TokenMatrix(Enumerable.Repeat(one, 11).SelectMany(row => row).ToArray(), 61);

        Assert.Single(InnerProducts.Among(copies).Values.Distinct());
    }

    [Fact]
    public void Chosen_vectors_need_not_be_gathered()
    {
        TokenMatrix vectors = Samples.Vectors(5, 40, 19);
        int[] left = [39, 3, 3, 17, 0], right = [2, 38, 11];

        Assert.Equal(InnerProducts.Among(vectors.Gather(left)).Values, InnerProducts.Among(vectors, left).Values);
        Assert.Equal(
            InnerProducts.Between(vectors.Gather(left), vectors.Gather(right)).Values, InnerProducts.Between(vectors, left, right).Values);
        Assert.Equal(
            InnerProducts.Between(vectors.Gather(left), vectors.Gather(right[..1])).Values,
            InnerProducts.Between(vectors, left, right[..1]).Values);
    }

    [Fact]
    public void Vectors_of_different_length_are_refused() =>
        Assert.Throws<ArgumentException>(() => InnerProducts.Between(Samples.Vectors(1, 2, 3), Samples.Vectors(1, 2, 4)));

    private static double Plain(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
