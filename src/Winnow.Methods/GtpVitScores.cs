using System.Numerics.Tensors;
using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>The ways in which <see cref="GtpVit"/> scores patches, from one block's attention.</summary>
/// <remarks>models_v3.select; a class token takes part as a query only.</remarks>
internal static class GtpVitScores
{
    /// <summary>One score a patch.</summary>
    /// <param name="attention">Attention of a sequence, <c>[H, T, T]</c>.</param>
    /// <param name="special">Class tokens at its head.</param>
    /// <param name="selection">How to score.</param>
    /// <param name="seed">Of the random scores.</param>
    /// <returns><c>[T - special]</c>.</returns>
    public static double[] Of(AttentionView attention, int special, GtpVit.Selection selection, int seed)
    {
        switch (selection)
        {
            case GtpVit.Selection.Random:
                var random = new Random(seed);
                return [.. Enumerable.Range(special, attention.Keys - special).Select(_ => random.NextDouble())];
            case GtpVit.Selection.ClsAttnMax or GtpVit.Selection.ClsAttnMean:
                float[] row = new float[attention.Heads * attention.Keys];
                attention.Read(0, row);
                return OverHeads([.. row.Select(weight => (double)weight)], attention, special, selection == GtpVit.Selection.ClsAttnMax);
            case GtpVit.Selection.CosSimMax or GtpVit.Selection.CosSimMean:
                return Unlikeness(attention, special, selection == GtpVit.Selection.CosSimMax);
            default:
                return OfSelfAndReceived(attention, special, selection);
        }
    }

    private static double[] OfSelfAndReceived(AttentionView attention, int special, GtpVit.Selection selection)
    {
        int rows = attention.Keys;
        double[] self = new double[attention.Heads * rows], received = new double[attention.Heads * rows];
        float[] row = new float[attention.Heads * rows];
        for (int query = 0; query < rows; query++)
        {
            attention.Read(query, row);
            for (int i = 0; i < row.Length; i++)
                received[i] += row[i];
            for (int head = 0; head < attention.Heads; head++)
                self[head * rows + query] = row[head * rows + query];
        }
        double[] largestSelf = OverHeads(self, attention, special, true), largestReceived = OverHeads(received, attention, special, true);
        double[] meanSelf = OverHeads(self, attention, special, false), meanReceived = OverHeads(received, attention, special, false);
        return selection switch
        {
            GtpVit.Selection.DiagAttnMax => largestSelf,
            GtpVit.Selection.DiagAttnMean => meanSelf,
            GtpVit.Selection.ImgAttnMax => largestReceived,
            GtpVit.Selection.ImgAttnMean => meanReceived,
            GtpVit.Selection.SumAttnMax => [.. largestSelf.Zip(largestReceived, (a, b) => a + b)],
            GtpVit.Selection.MixedAttnMean => [.. meanSelf.Zip(meanReceived, (a, b) => a * b)],
            _ => [.. largestSelf.Zip(largestReceived, (a, b) => a * b)],
        };
    }

    /// <summary>
    /// Minus the sum of the cosines of a patch's attention with that of every patch, itself included: the product with the sum of all
    /// normalised rows.
    /// </summary>
    private static double[] Unlikeness(AttentionView attention, int special, bool largest)
    {
        int rows = attention.Keys;
        double[][] looks = new double[rows - special][];
        double[] sum = new double[rows];
        float[] row = new float[attention.Heads * rows];
        for (int patch = 0; patch < looks.Length; patch++)
        {
            attention.Read(special + patch, row);
            double[] look = OverHeads([.. row.Select(weight => (double)weight)], attention, 0, largest);
            TensorPrimitives.Divide(look, TensorPrimitives.Norm<double>(look), look);
            TensorPrimitives.Add(sum, look, sum);
            looks[patch] = look;
        }
        return Array.ConvertAll(looks, look => -TensorPrimitives.Dot<double>(look, sum));
    }

    /// <summary>The largest or the mean over heads of <c>[H, T]</c>, class tokens left out.</summary>
    private static double[] OverHeads(double[] values, AttentionView attention, int special, bool largest)
    {
        double[] over = new double[attention.Keys - special];
        for (int i = 0; i < over.Length; i++)
        {
            double best = double.NegativeInfinity, sum = 0;
            for (int head = 0; head < attention.Heads; head++)
            {
                double value = values[head * attention.Keys + special + i];
                best = Math.Max(best, value);
                sum += value;
            }
            over[i] = largest ? best : sum / attention.Heads;
        }
        return over;
    }
}
