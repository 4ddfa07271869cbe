using System.Numerics.Tensors;
using Winnow.Models.Prefill;

namespace Winnow.Models.Tests;

/// <summary>The plainest generation: the id of the largest logit, a fixed number of times.</summary>
internal static class Greedy
{
    public static int[] Generate(DecoderSession session, ReadOnlyMemory<float> logits, int count)
    {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = TensorPrimitives.IndexOfMax(logits.Span);
            if (i + 1 < count)
                logits = session.Step(ids[i]);
        }
        return ids;
    }
}
