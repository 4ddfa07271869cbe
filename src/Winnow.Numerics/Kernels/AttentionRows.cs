namespace Winnow.Numerics.Kernels;

/// <summary>The attention probabilities of single queries, each over all its keys. A piece is one query.</summary>
internal sealed unsafe class AttentionRows(
    Compute compute, AttentionOperands operands, int* rows, int rowCount, float* destination, bool meanOverHeads) : IParallelJob
{
    public static void Run(Compute compute, AttentionOperands operands, int* rows, int rowCount, float* destination, bool meanOverHeads) =>
        compute.Run(rowCount, new AttentionRows(compute, operands, rows, rowCount, destination, meanOverHeads));

    public void Run(int index, int worker)
    {
        ElementwiseKernel kernel = compute.Kernels.Elementwise;
        float* converted = (float*)compute.WorkerScratch(worker, sizeof(float) * ((long)operands.N + operands.HeadSize));
        float* scratch = converted + operands.HeadSize;
        int query = rows[index];
        int visible = operands.Visible(query);
        float* mean = destination + ((long)index * operands.N);
        if (meanOverHeads)
        {
            new Span<float>(mean, operands.N).Clear();
        }

        for (int head = 0; head < operands.Heads; head++)
        {
            float* row = meanOverHeads ? scratch : destination + ((((long)head * rowCount) + index) * operands.N);
            for (int key = 0; key < visible; key++)
            {
                float* values = operands.Row(operands.K, head / operands.Group, key, converted);
                float dot = kernel.Dot(operands.Query(query, head), values, operands.HeadSize);
                row[key] = (dot * operands.Scale) + (operands.KeyBias is null ? 0 : operands.KeyBias[key]);
            }

            kernel.Softmax(row, visible);
            if (meanOverHeads)
            {
                kernel.AddScaled(mean, row, 1f / operands.Heads, visible);
            }
            else
            {
                new Span<float>(row + visible, operands.N - visible).Clear();
            }
        }
    }
}
