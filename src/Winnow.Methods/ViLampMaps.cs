using Winnow.Primitives;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>
/// The four trained linear maps of <see cref="ViLamp"/>, which bring patches, references and question into spaces where they compare.
/// </summary>
/// <param name="PatchForQuestion">Of a patch, to compare it with the question (W_iq).</param>
/// <param name="PatchForReference">Of a patch, to compare it with the reference (W_ik).</param>
/// <param name="Question">Of the question (W_q).</param>
/// <param name="Reference">Of the reference frame's patch (W_k).</param>
public sealed record ViLampMaps(
    ViLampMaps.Map PatchForQuestion, ViLampMaps.Map PatchForReference, ViLampMaps.Map Question, ViLampMaps.Map Reference)
{
    /// <summary>A linear map.</summary>
    /// <param name="Weight"><c>[out, in]</c>.</param>
    /// <param name="Bias"><c>[out]</c>.</param>
    public sealed record Map(TokenMatrix Weight, ReadOnlyMemory<float> Bias)
    {
        /// <summary>Maps vectors.</summary>
        /// <param name="vectors"><c>[n, in]</c>.</param>
        /// <returns><c>[n, out]</c>.</returns>
        /// <exception cref="ArgumentException">The vectors are of another length than the map takes.</exception>
        public TokenMatrix Apply(TokenMatrix vectors)
        {
            RealMatrix products = InnerProducts.Between(vectors, Weight);
            float[] mapped = new float[products.Values.Length];
            for (int i = 0; i < mapped.Length; i++)
                mapped[i] = (float)(products.Values[i] + Bias.Span[i % Weight.Count]);
            return new TokenMatrix(mapped, Weight.Count);
        }
    }
}
