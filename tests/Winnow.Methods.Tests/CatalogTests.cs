using Winnow.Methods;

namespace Winnow.Tests;

public class CatalogTests
{
    [Fact]
    public void Names_are_unique_and_kebab_case()
    {
        string[] ids = [.. Catalog.All.Select(entry => entry.Card.Id)];

        Assert.Equal(ids.Distinct(), ids);
        Assert.All(ids, id => Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", id));
    }

    [Fact]
    public void Unknown_name_is_answered_with_the_known_ones()
    {
        string message = Assert.Throws<WinnowException>(() => Catalog.Find("mmgvid")).Message;

        Assert.Contains("mmgvid", message, StringComparison.Ordinal);
        Assert.All(Catalog.All, entry => Assert.Contains(entry.Card.Id, message, StringComparison.Ordinal));
    }
}
