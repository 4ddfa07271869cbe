using Winnow.Models.Configuration;
using Winnow.Models.Weights;
using Winnow.Numerics;

namespace Winnow.Models.Tests.Prefill;

/// <summary>
/// The decoder written out in double precision, one row after another, with rows dropped by hand
/// between layers: what the fast one must equal.
/// </summary>
internal sealed class NaiveDecoder(Qwen2Config config, IWeightSource weights)
{
    /// <summary>A row on its way.</summary>
    /// <param name="Origin">Its index in the whole sequence.</param>
    /// <param name="Position">Its rotary position.</param>
    /// <param name="State"><c>[D]</c>.</param>
    public sealed record Row(int Origin, int Position, double[] State);

    /// <summary>What the rows looked like in one layer.</summary>
    public sealed class Layer
    {
        public Row[] Entering = [], AfterAttention = [];
        public double[][] Queries = [], Keys = [], RotatedQueries = [], RotatedKeys = [], AttentionInput = [],
            AttentionOutput = [], MlpInput = [], MlpOutput = [];
    }

    /// <summary>Changes the rows at a point: layer, and whether between its attention and its MLP.</summary>
    public Func<int, bool, Row[], Row[]> Edit { get; init; } = (_, _, rows) => rows;

    /// <summary>Whether a row (by origin) may not look at another in a layer, although it comes after it.</summary>
    public Func<int, int, int, bool> Hidden { get; init; } = (_, _, _) => false;

    /// <summary>The same for a single key and value head: layer, head, row, row.</summary>
    public Func<int, int, int, int, bool> HiddenInHead { get; init; } = (_, _, _, _) => false;

    /// <summary>The layers of the last run.</summary>
    public List<Layer> Layers { get; } = [];

    /// <summary>Logits of the last row.</summary>
    public float[] Run(IReadOnlyList<float[]> states, IReadOnlyList<int> positions)
    {
        Layers.Clear();
        Row[] rows = [.. states.Select((state, i) => new Row(i, positions[i], Array.ConvertAll(state, value => (double)value)))];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            rows = Edit(layer, false, rows);
            rows = RunMlp(layer, Edit(layer, true, RunAttention(layer, rows)));
        }
        rows = Edit(config.Layers, false, rows);
        return Array.ConvertAll(Product("head.weight", config.VocabularyRows, null, Norm("text.norm.weight", rows[^1].State)),
            value => (float)value);
    }

    private Row[] RunAttention(int layer, Row[] rows)
    {
        string name = $"text.layers.{layer}";
        int width = config.HeadWidth, group = config.Heads / config.KeyValueHeads;
        double[][] input = [.. rows.Select(row => Norm($"{name}.input_layernorm.weight", row.State))];
        double[][] q = [.. input.Select(
            x => Product($"{name}.self_attn.q_proj.weight", config.Heads * width, $"{name}.self_attn.q_proj.bias", x))];
        double[][] k = [.. input.Select(
            x => Product($"{name}.self_attn.k_proj.weight", config.KeyValueHeads * width, $"{name}.self_attn.k_proj.bias", x))];
        double[][] v = [.. input.Select(
            x => Product($"{name}.self_attn.v_proj.weight", config.KeyValueHeads * width, $"{name}.self_attn.v_proj.bias", x))];
        double[][] rotatedQ = [.. q.Select((x, i) => Rotate(x, rows[i].Position))],
            rotatedK = [.. k.Select((x, i) => Rotate(x, rows[i].Position))];
        var outputs = new double[rows.Length][];
        for (int i = 0; i < rows.Length; i++)
        {
            double[] attended = new double[config.Heads * width];
            for (int head = 0; head < config.Heads; head++)
            {
                double[] shares = Attention(rotatedQ[i], rotatedK, head, j => j <= i && !Hidden(layer, rows[i].Origin, rows[j].Origin)
                    && !HiddenInHead(layer, head / group, rows[i].Origin, rows[j].Origin));
                for (int j = 0; j <= i; j++)
                    for (int d = 0; d < width; d++)
                        attended[head * width + d] += shares[j] * v[j][head / group * width + d];
            }
            outputs[i] = Product($"{name}.self_attn.o_proj.weight", config.Width, null, attended);
        }
        Row[] after = [.. rows.Select((row, i) => row with { State = [.. row.State.Zip(outputs[i], (a, b) => a + b)] })];
        Layers.Add(new Layer
        {
            Entering = rows,
            AfterAttention = after,
            Queries = q,
            Keys = k,
            RotatedQueries = rotatedQ,
            RotatedKeys = rotatedK,
            AttentionInput = input,
            AttentionOutput = outputs,
        });
        return after;
    }

    /// <summary>The shares that one head of a query gives to the keys that it sees.</summary>
    public double[] Attention(double[] query, double[][] keys, int head, Func<int, bool> sees, double temperature = 1)
    {
        int width = config.HeadWidth, keyHead = head / (config.Heads / config.KeyValueHeads);
        double[] shares = new double[keys.Length];
        for (int j = 0; j < keys.Length; j++)
        {
            double dot = 0;
            for (int d = 0; d < width; d++)
                dot += query[head * width + d] * keys[j][keyHead * width + d];
            shares[j] = sees(j) ? Math.Exp(dot / Math.Sqrt(width) / temperature) : 0;
        }
        double sum = shares.Sum();
        return Array.ConvertAll(shares, share => share / sum);
    }

    /// <summary>Queries and keys that a layer would compute for rows in front of it.</summary>
    public (double[][] Queries, double[][] Keys) Project(int layer, Row[] rows)
    {
        string name = $"text.layers.{layer}";
        double[][] input = [.. rows.Select(row => Norm($"{name}.input_layernorm.weight", row.State))];
        return (
            [.. input.Select((x, i) => Rotate(
                Product($"{name}.self_attn.q_proj.weight", config.Heads * config.HeadWidth, $"{name}.self_attn.q_proj.bias", x),
                rows[i].Position))],
            [.. input.Select((x, i) => Rotate(
                Product($"{name}.self_attn.k_proj.weight", config.KeyValueHeads * config.HeadWidth, $"{name}.self_attn.k_proj.bias", x),
                rows[i].Position))]);
    }

    private Row[] RunMlp(int layer, Row[] rows)
    {
        string name = $"text.layers.{layer}";
        double[][] input = [.. rows.Select(row => Norm($"{name}.post_attention_layernorm.weight", row.State))];
        double[][] outputs = [.. input.Select(x =>
        {
            double[] gate = Product($"{name}.mlp.gate_proj.weight", config.MlpWidth, null, x),
                up = Product($"{name}.mlp.up_proj.weight", config.MlpWidth, null, x);
            return Product($"{name}.mlp.down_proj.weight", config.Width, null, [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)]);
        })];
        (Layers[layer].MlpInput, Layers[layer].MlpOutput) = (input, outputs);
        return [.. rows.Select((row, i) => row with { State = [.. row.State.Zip(outputs[i], (a, b) => a + b)] })];
    }

    private double[] Norm(string name, double[] x)
    {
        float[] weight = weights.Values(name, config.Width);
        double scale = 1 / Math.Sqrt(x.Sum(value => value * value) / x.Length + config.NormEpsilon);
        return [.. x.Select((value, i) => value * scale * weight[i])];
    }

    private double[] Product(string name, int outputs, string? bias, double[] x)
    {
        WeightMatrix matrix = weights.Matrix(name, outputs, x.Length);
        float[] added = bias is null ? new float[outputs] : weights.Values(bias, outputs), row = new float[x.Length];
        double[] y = new double[outputs];
        for (int output = 0; output < outputs; output++)
        {
            matrix.ReadRow(output, row);
            y[output] = added[output];
            for (int i = 0; i < x.Length; i++)
                y[output] += x[i] * row[i];
        }
        return y;
    }

    private double[] Rotate(double[] x, int position)
    {
        int width = config.HeadWidth, half = width / 2;
        double[] y = new double[x.Length];
        for (int head = 0; head < x.Length; head += width)
            for (int i = 0; i < half; i++)
            {
                (double sine, double cosine) = Math.SinCos(position * Math.Pow(config.RopeBase, -2.0 * i / width));
                y[head + i] = x[head + i] * cosine - x[head + half + i] * sine;
                y[head + half + i] = x[head + half + i] * cosine + x[head + i] * sine;
            }
        return y;
    }
}
