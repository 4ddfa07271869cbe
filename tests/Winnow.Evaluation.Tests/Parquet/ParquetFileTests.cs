using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Evaluation.Parquet;
using Winnow.Tests;

namespace Winnow.Evaluation.Tests.Parquet;

/// <summary>
/// Tables written by Apache Arrow (Fixtures/make.mjs), with missing values, missing and empty lists, several row groups and pages.
/// </summary>
public sealed class ParquetFileTests
{
    private static string Fixture(string name) => Repository.Path($"tests/Winnow.Evaluation.Tests/Parquet/Fixtures/{name}");

    [Theory]
    [InlineData("snappy-dictionary")]
    [InlineData("gzip-plain")]
    [InlineData("unpacked")]
    [InlineData("brotli-pages2")]
    [InlineData("zstd")]
    public void Every_row_is_read_back(string name)
    {
        IReadOnlyList<IReadOnlyDictionary<string, object?>> rows = ParquetFile.Read(Fixture($"{name}.parquet"));

        string[] expected = File.ReadAllLines(Fixture("rows.jsonl"));
        Assert.Equal(expected.Length, rows.Count);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected[i]), JsonNode.Parse(JsonSerializer.Serialize(rows[i]))),
                $"row {i}: {JsonSerializer.Serialize(rows[i])}");
    }

    [Fact]
    public void What_is_not_known_is_named_with_a_way_out()
    {
        var error = Assert.Throws<WinnowException>(() => ParquetFile.Read(Fixture("lz4.parquet")));

        Assert.Contains("codec 7", error.Message);
        Assert.Contains("duckdb", error.Message);
    }

    [Fact]
    public void Pointer_of_git_lfs_is_recognised()
    {
        using var data = new DataFolder();
        data.Write("a.parquet", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");

        var error = Assert.Throws<WinnowException>(() => ParquetFile.Read(data.Path("a.parquet")));

        Assert.Contains("Git LFS", error.Message);
    }

    [Theory]
    [InlineData("snappy-dictionary")]
    [InlineData("gzip-plain")]
    [InlineData("zstd")]
    public void Damaged_file_gives_an_error_of_one_kind_or_other_rows(string name)
    {
        using var data = new DataFolder();
        byte[] whole = File.ReadAllBytes(Fixture($"{name}.parquet"));
        var random = new Random(11);
        for (int repetition = 0; repetition < 150; repetition++)
        {
            byte[] damaged = [.. whole];
            for (int flips = 0; flips < 3; flips++)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(data.Path("d.parquet"), damaged);

            Exception? error = Record.Exception(() => ParquetFile.Read(data.Path("d.parquet")));

            Assert.True(error is null or WinnowException, $"{error}");
        }
    }
}
