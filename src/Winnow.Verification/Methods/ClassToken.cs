namespace Winnow.Verification.Methods;

/// <summary>Recordings of towers with a class token hold it as the first vector of every frame.</summary>
internal static class ClassToken
{
    /// <summary>The vectors after the first of every frame.</summary>
    /// <param name="values"><c>[F, 1 + N, C]</c>.</param>
    /// <param name="shape">Its sides.</param>
    /// <returns><c>[F, N, C]</c>.</returns>
    public static float[] Without(float[] values, IReadOnlyList<int> shape) => Part(values, shape, shape[2], (shape[1] - 1) * shape[2]);

    /// <summary>The first vector of every frame, <c>[F, C]</c>.</summary>
    /// <param name="values"><c>[F, 1 + N, C]</c>.</param>
    /// <param name="shape">Its sides.</param>
    public static float[] Of(float[] values, IReadOnlyList<int> shape) => Part(values, shape, 0, shape[2]);

    private static float[] Part(float[] values, IReadOnlyList<int> shape, int start, int length)
    {
        float[] result = new float[shape[0] * length];
        for (int frame = 0; frame < shape[0]; frame++)
            values.AsSpan(frame * shape[1] * shape[2] + start, length).CopyTo(result.AsSpan(frame * length));
        return result;
    }
}
