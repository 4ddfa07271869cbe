namespace Winnow.Bench;

/// <summary>What <c>winnow bench</c> measures, each part by itself.</summary>
[Flags]
public enum BenchPart
{
    /// <summary>The machine's own ceiling: multiply-adds, int8 operations, memory bandwidth.</summary>
    Ceiling = 1,

    /// <summary>The matrix products of one decoder layer.</summary>
    Gemm = 2,

    /// <summary>One frame through the vision tower.</summary>
    Tower = 4,

    /// <summary>Prompts of 8, 16 and 32 frames through the decoder, dense and reduced.</summary>
    Prefill = 8,

    /// <summary>One token after another.</summary>
    Decode = 16,

    /// <summary>Peak memory of a process that does nothing else.</summary>
    Memory = 32,

    /// <summary>Everything.</summary>
    All = Ceiling | Gemm | Tower | Prefill | Decode | Memory,
}
