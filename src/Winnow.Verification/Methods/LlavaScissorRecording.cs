using Winnow.Methods;
using Winnow.Reduction;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="LlavaScissor"/>, with the recorded visiting orders.</summary>
internal sealed class LlavaScissorRecording : MethodRecording
{
    private static readonly string[] Exact =
    [
        "spatial_components_per_frame", "spatial_component_sizes", "spatial_component_members", "temporal_component_sizes",
        "temporal_component_members", "assignment", "assignment_counts",
    ];

    /// <inheritdoc/>
    public override string Method => LlavaScissor.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) => recording.Has("assignment");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        int[] spatial = Array.ConvertAll(recording.Integers("spatial_sample_order"), node => (int)node);
        var method = new LlavaScissor(new LlavaScissor.Options
        {
            Tau = recording.Double("similarity_threshold"),
            ErrorTolerance = recording.Double("error_tolerance"),
            VisitingOrders = [.. spatial.Chunk(recording.Shape("spatial_sample_order")[1]),
                Array.ConvertAll(recording.Integers("temporal_sample_order"), node => (int)node)],
            Reproduce = true,
        });
        ReductionInput input = recording.Input();
        ReductionPlan plan = method.Reduce(input);
        foreach (string name in Exact)
            comparison.Equal(name, recording.Integers(name), plan.Trace.Find<int>(name)!);
        comparison.Applied(recording, "spatial_tokens", Means(plan, "spatial", input.Features.Count), input.Features);
        comparison.Applied(recording, "temporal_tokens",
            Means(plan, "temporal", recording.Shape("spatial_tokens")[0]), recording.Vectors("spatial_tokens"));
        comparison.Applied(recording, "output_tokens", plan, input.Features);
    }

    // The means of a step's components, as a plan of their own.
    private static ReductionPlan Means(ReductionPlan plan, string step, int sources)
    {
        var means = new ReductionPlanBuilder(sources);
        int start = 0;
        foreach (int size in plan.Trace.Find<int>($"{step}_component_sizes")!)
        {
            ReadOnlySpan<int> members = plan.Trace.Find<int>($"{step}_component_members").AsSpan(start, size);
            means.Mean(members[0], members);
            start += size;
        }
        return means.Build();
    }
}
