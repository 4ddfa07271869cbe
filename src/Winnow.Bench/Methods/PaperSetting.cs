namespace Winnow.Bench.Methods;

/// <summary>A method inside the language model as its paper ran it, and what the paper says that this saves.</summary>
/// <param name="Method">Name in the catalog.</param>
/// <param name="Claim">What the paper, or its repository, reports at that setting.</param>
/// <param name="Parameters">Parameters that differ from the defaults, each as <c>name=value</c>.</param>
internal sealed record PaperSetting(string Method, string Claim, params string[] Parameters)
{
    /// <summary>Every method of the catalog that acts inside the language model or on its cache.</summary>
    public static IReadOnlyList<PaperSetting> All { get; } =
    [
        new("adaptinfer", "-61.3% CUDA latency", "retention=0.03125"),
        new("aim", "7x fewer FLOPs", "retention=0.25"),
        new("btp", "98% of accuracy at 22% of tokens", "retention=0.0833"),
        new("catp", "3.82 -> 3.19 s in all", "retention=0.222"),
        new("dart", "2.99x prefill, 1.99x in all", "removedShare=0.889"),
        new("dycoke", "1.2 of 3.4 TFLOPs (0.5B), 1.5x in all, 1.4x less memory", "removedShare=0.7", "hiddenShare=0.7"),
        new("fastv", "-45% FLOPs", "removedShare=0.5"),
        new("flashvid", "99.1% of accuracy at 10% of tokens", "retention=0.1"),
        new("flexselect", "up to 9x faster (512 frames)", "retention=0.072"),
        new("flowcut", "98.7% of accuracy at 33.3% of tokens", "retention=0.333"),
        new("framefusion", "LLM 3.4-4.4x faster", "cost=0.3"),
        new("glimpseprune", "-92.6% of tokens", "retention=0.111"),
        new("greedyprune", "no figure seen", "retention=0.25"),
        new("holitom", "6.9% of FLOPs, 2.28x TTFT, 1.32x decoding", "retention=0.1", "similarityThreshold=0.65"),
        new("lvlm-csp", "-65% FLOPs of visual tokens, 2-4x faster", "retention=0.125"),
        new("metok", "-80.6% FLOPs, -93.5% cache", "stride=1"),
        new("plphp", "+18% decoding, cache less than half", "retention=0.4"),
        new("prunevid", "20% of FLOPs, 17.0% of tokens", "clusterRatio=0.5"),
        new("ptp", "no figure seen", "retention=0.5"),
        new("pyramiddrop", "-55% FLOPs", "retention=0.125"),
        new("saint", "-75% of tokens, 13B as fast as 7B", "threshold=0.83"),
        new("sparsevlm", "-61 to -67% FLOPs", "retention=0.222"),
        new("star", "-29% FLOPs", "retention=0.5", "innerRetention=0.25"),
        new("sttm", "3x faster at 30% of tokens", "retention=0.3"),
        new("todre", "-80.9% FLOPs, 2.6x faster in all", "retention=0.1"),
        new("transprune", "less than half of the FLOPs", "retention=0.125"),
        new("vflowopt", "-89% cache, 3.8x faster",
            "retention=0.11662", "innerShares=1,0.6011", "globalFactor=39.26", "cell=17.387"),
        new("vscan", "10x fewer FLOPs, 2.91x prefill", "retention=0.167", "innerRetention=0.333"),
    ];

    /// <summary>The parameters as the catalog takes them.</summary>
    public IEnumerable<KeyValuePair<string, string>> Pairs =>
        Parameters.Select(parameter => parameter.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1]));

    /// <summary>The setting of a method.</summary>
    /// <exception cref="WinnowException">It acts elsewhere, or there is no such method; the message lists those there are.</exception>
    public static PaperSetting Find(string method) => All.FirstOrDefault(setting => setting.Method == method)
        ?? throw new WinnowException($"{method} is no method inside the language model or on its cache; those are "
            + $"{string.Join(", ", All.Select(setting => setting.Method))}.");
}
