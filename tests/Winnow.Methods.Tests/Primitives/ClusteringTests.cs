using System.Numerics.Tensors;
using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Tests.Primitives;

public class ClusteringTests
{
    [Fact]
    public void K_medoids_of_equal_points_takes_the_first_ones_and_leaves_the_rest_to_the_first()
    {
        MedoidClusters clusters = KMedoids.Of(new RealMatrix(6, 6), 0, 3, (_, _) => 0, 1e-6, 100);

        Assert.Equal([0, 1, 2], clusters.Centres);
        Assert.Equal([0, 1, 2, 0, 0, 0], clusters.Labels);
    }

    [Fact]
    public void K_medoids_moves_centres_into_the_middle()
    {
        double[] points = [0, 1, 2, 10, 11, 12];
        var distances = new RealMatrix(6, 6);
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 6; j++)
                distances[i, j] = Math.Abs(points[i] - points[j]);

        MedoidClusters clusters = KMedoids.Of(distances, 5, 2, (from, to) => distances[from, to], 1e-6, 100);

        Assert.Equal([1, 4], clusters.Centres);
        Assert.Equal([0, 0, 0, 1, 1, 1], clusters.Labels);
    }

    [Fact]
    public void K_medoids_of_as_many_clusters_as_points_keeps_each()
    {
        RealMatrix distances = Similarity.ScaledDistances(Samples.Vectors(3, 7, 4));

        Assert.Equal(Enumerable.Range(0, 7), KMedoids.Of(distances, 2, 7, (from, to) => distances[from, to], 1e-6, 100).Labels);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(3, 12, 5)]
    [InlineData(4, 40, 40)]
    public void Smallest_eigenvectors_are_orthonormal_and_only_stretched(int seed, int side, int count)
    {
        RealMatrix matrix = InnerProducts.Among(Samples.Vectors(seed, side, Math.Max(1, side / 2)));
        var destroyed = new RealMatrix(side, side);
        matrix.Values.CopyTo(destroyed.Values, 0);

        (double[] values, RealMatrix vectors) = SymmetricEigenvectors.Smallest(destroyed, count);

        Assert.Equal(values.Order(), values);
        for (int i = 0; i < count; i++)
        {
            for (int row = 0; row < side; row++)
                Assert.Equal(values[i] * vectors[i, row], TensorPrimitives.Dot<double>(matrix[row], vectors[i]), 1e-10);
            for (int j = 0; j <= i; j++)
                Assert.Equal(i == j ? 1 : 0, TensorPrimitives.Dot<double>(vectors[i], vectors[j]), 1e-10);
        }
    }

    [Fact]
    public void Embedding_of_two_parts_without_links_separates_them()
    {
        var affinity = new RealMatrix(4, 4);
        foreach ((int i, int j) in new[] { (0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3) })
            affinity[i, j] = 1;

        (double[] values, RealMatrix rows) = SpectralEmbedding.Of(affinity, 2);
        SpectralEmbedding.Normalize(rows);

        Assert.Equal([0, 0, 1, 1], values.Select(value => Math.Round(value, 10)));
        Assert.Equal(1, TensorPrimitives.Dot<double>(rows[0], rows[1]), 1e-5);
        Assert.Equal(0, TensorPrimitives.Dot<double>(rows[0], rows[2]), 1e-5);
    }

    [Fact]
    public void Nearest_neighbours_of_either_point_make_a_link()
    {
        RealMatrix kernel = SpectralEmbedding.HeatKernel(new TokenMatrix(new float[] { 0, 1, 3 }, 1), 2);
        SpectralEmbedding.KeepNearest(kernel, 2);

        // 1 is the neighbour of both others, which are none of each other's.
        Assert.Equal(Math.Exp(-1.0 / 8), kernel[0, 1], 1e-12);
        Assert.Equal(Math.Exp(-4.0 / 8), kernel[1, 2], 1e-12);
        Assert.Equal(0, kernel[0, 2]);
    }

    [Theory]
    [InlineData(1, 1, 9)]
    [InlineData(2, 50, 4)]
    [InlineData(3, 301, 1000)]
    public void Order_statistic_is_what_sorting_puts_there(int seed, int count, int distinct)
    {
        double[] values = Samples.Numbers(seed, count, distinct), sorted = [.. values.Order()];
        for (int rank = 1; rank <= count; rank++)
            Assert.Equal(sorted[rank - 1], OrderStatistic.Smallest(values.ToArray().AsSpan(), rank));
    }

    [Fact]
    public void Merging_behind_one_class_token_is_that_of_tome()
    {
        TokenMatrix metric = Samples.Vectors(5, 14, 6);
        float[] sizes = [.. Enumerable.Range(1, 14).Select(size => (float)size)];
        ReductionPlanBuilder own = new(14), tome = new(14);
        PatchMerging.Merge(own, metric, sizes, [0], [.. Enumerable.Range(1, 13)], 4);
        AlternateMerging.Merge(tome, metric, sizes, 0, 14, 4, special: 1);

        Assert.Equal(tome.Build().Sources, own.Build().Sources);
        Assert.Equal(tome.Build().Weights, own.Build().Weights);
    }

    [Fact]
    public void Most_similar_patches_are_neighbours_and_ties_with_the_last_count()
    {
        // Patch 0 is most like 1, and equally like 2 and 3.
        var patches = new TokenMatrix(new float[] { 1, 0, 2, 0.1f, 1, 1, 1, 1, -1, 0 }, 2);

        Assert.Equal([0, 1, 0, 0, 0], NeighbourGraph.MostSimilar(patches, 1)[0].ToArray());
        Assert.Equal([0, 1, 1, 1, 0], NeighbourGraph.MostSimilar(patches, 2)[0].ToArray());
        Assert.Equal([0, 1, 1, 1, 1], NeighbourGraph.MostSimilar(patches, 9)[0].ToArray());
    }
}
