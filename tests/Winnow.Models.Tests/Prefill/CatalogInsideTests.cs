using System.Globalization;
using Winnow.Methods;
using Winnow.Models.Prefill;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Models.Tests.Prefill;

/// <summary>Every method of the catalog that acts inside the language model or on its cache, in a small decoder, against the slow
/// one.</summary>
public sealed class CatalogInsideTests : IDisposable
{
    // Float32 against double over eight small layers.
    private const double Tolerance = 1e-4;
    private const int Layers = 8;
    private const int TurnRows = 3;
    private const int StepId = 8;

    // Their rules find nothing to take away in random rows; these settings make them find some.
    private static readonly Dictionary<string, (string Name, string Value)[]> Eager = new()
    {
        [Saint.Card.Id] = [("threshold", "0"), ("neighbours", "1")],
        [ToDre.Card.Id] = [("faintShare", "1")],
    };

    private readonly SmallModel _model = new(Layers);
    private readonly PromptRows _prompt = SmallModel.Prompt(3, new TokenGrid(4, 4, 4), 5, newline: true);

    private static string[] Ids => [.. Catalog.All
        .Where(entry => (entry.Card.Places & (MethodPlaces.Prefill | MethodPlaces.Cache)) != 0).Select(entry => entry.Card.Id)];

    public static TheoryData<string> Inside => [.. Ids];

    public static TheoryData<string, double> Reducing
    {
        get
        {
            var data = new TheoryData<string, double>();
            foreach (string id in Ids)
                foreach (double retention in new[] { 0.2, 0.6 })
                    data.Add(id, retention);
            return data;
        }
    }

    public void Dispose() => _model.Dispose();

    [Theory]
    [MemberData(nameof(Inside))]
    public void Retention_of_one_gives_the_bits_of_no_method(string id)
    {
        object method = Make(id, 1);
        using DecoderSession none = _model.Start(), whole = _model.Start();

        Assert.Equal(none.Prefill(_prompt).ToArray(), whole.Prefill(_prompt, method as IPrefillReducer, method as ICacheReducer).ToArray());

        Assert.Equal(none.CachedRows, whole.CachedRows);
        Assert.Equal(none.Step(StepId).ToArray(), whole.Step(StepId).ToArray());
    }

    [Theory]
    [MemberData(nameof(Reducing))]
    public void Reduced_prompt_later_turn_and_step_are_those_of_a_slow_decoder_that_drops_the_same_by_hand(string id, double retention)
    {
        object made = Make(id, retention, Eager.GetValueOrDefault(id, []));
        var method = new RecordedMethod(made as IPrefillReducer, made as ICacheReducer);
        PromptRows turn = SmallModel.Rows(TurnRows, _prompt.NextPosition, seed: 7);
        using DecoderSession session = _model.Start();
        float[] first = session.Prefill(_prompt, method, method).ToArray();
        IReadOnlyList<int> cachedRows = session.CachedRows;
        float[] second = session.Prefill(turn).ToArray(), third = session.Step(StepId).ToArray();

        var replay = new ReplayedMethod(method, _prompt);
        NaiveDecoder alone = _model.Naive(replay.Edit);
        Close.Relative("logits of the prompt", alone.Run(SmallModel.States(_prompt), _prompt.Positions), first, Tolerance);

        bool acted = method.Steps.Count > 0 || method.KeptInCache.Count > 0 || method.Visible is not null;
        Assert.True(acted, "The method did nothing, so that this shows nothing.");

        // What the caches hold is what a later row may look at in one long prompt.
        List<int[]> cached = replay.Cached(alone.Layers);
        Assert.Equal(cached.Select((rows, layer) => rows.Count(row => IsKept(layer, 0, row))), cachedRows);
        NaiveDecoder together = new(SmallModel.Config with { Layers = Layers }, _model.Weights)
        {
            Edit = replay.Edit,
            Hidden = (layer, query, key) => query >= _prompt.Rows.Count && key < _prompt.Rows.Count
                && (!cached[layer].Contains(key) || (query == _prompt.Rows.Count + TurnRows && IsHiddenInStep(layer, key))),
            HiddenInHead = (layer, head, query, key) => query >= _prompt.Rows.Count && !IsKept(layer, head, key),
        };
        int[] positions = [.. _prompt.Positions, .. turn.Positions];
        Close.Relative("logits of the turn", together.Run(SmallModel.States(_prompt, turn), positions), second, Tolerance);
        float[] row = new float[SmallModel.Config.Width];
        _model.Decoder.Embed([StepId], row);
        float[] expected = together.Run([.. SmallModel.States(_prompt, turn), row], [.. positions, turn.NextPosition]);
        Close.Relative("logits of the step", expected, third, Tolerance);

        bool IsKept(int layer, int head, int key) =>
            !IsVisual(key) || !method.KeptInCache.TryGetValue(layer, out HashSet<int>[]? kept) || kept[head].Contains(key);

        bool IsHiddenInStep(int layer, int key) =>
            layer >= method.FirstStepLayer && IsVisual(key) && method.Visible?.Contains(key) == false;
    }

    private bool IsVisual(int row) => row >= _prompt.VisualStart && row < _prompt.VisualStart + _prompt.VisualCount;

    private static object Make(string id, double retention, params (string Name, string Value)[] settings)
    {
        (string Name, string Value)[] all = [("retention", retention.ToString(CultureInfo.InvariantCulture)), .. settings];
        return Catalog.Find(id).Create(all.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)));
    }
}
