namespace Winnow.Reduction;

/// <summary>What a method does at a point: from here on the rows are what the plan says.</summary>
/// <remarks>
/// A row's size is what the plan says of it, in patches. Behind the encoder every patch has the value of the row that it went into: at each
/// step that is the row in which its
/// own row weighs most, the earlier on ties; a weight of 0 lets a dropped row follow another without changing it. A patch whose row went
/// into none is left out.
/// </remarks>
/// <param name="Plan">Over all rows of the view, sequence after sequence.</param>
/// <param name="SequenceLengths">Rows of each sequence from here on; they sum to the plan's count.</param>
public sealed record EncoderStep(ReductionPlan Plan, IReadOnlyList<int> SequenceLengths);
