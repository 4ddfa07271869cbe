namespace Winnow.Models.Tokenize;

/// <summary>How to go from a prompt that a cache already holds to a longer one.</summary>
/// <param name="Kept">How many leading ids of those held stay; the cache drops the rest. A placeholder counts as one id.</param>
/// <param name="Added">Ids to run after them; at least one.</param>
public sealed record PromptContinuation(int Kept, IReadOnlyList<int> Added);
