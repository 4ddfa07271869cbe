using System.CommandLine;
using Winnow.Cli.Commands;
using Winnow.Engine;
using Winnow.Evaluation.Answering;

namespace Winnow.Cli;

/// <summary>
/// The same model several times, to answer questions on several videos at once: worth it where the model is too small for its threads.
/// </summary>
internal sealed class EvaluationWorkers : IDisposable
{
    private readonly List<VideoEngine> _engines = [];

    public EvaluationWorkers(ParseResult parse, ModelOptions model, EvalOptions questions)
    {
        int workers = questions.Workers(parse), threads = model.Threads(parse);
        if (threads == 0)
            threads = Math.Max(1, Environment.ProcessorCount / workers);
        var description = model.Describe(parse)
            .Append(new("threads", workers == 1 ? $"{threads}" : $"{threads}, {workers} videos at once"))
            .ToDictionary();
        try
        {
            for (int worker = 0; worker < workers; worker++)
                _engines.Add(model.LoadEngine(parse, threads));
        }
        catch
        {
            Dispose();
            throw;
        }
        Answerers = [.. _engines.Select(
            engine => new EngineAnswerer(engine, model.Frames(parse), description, questions.EqualTokens(parse)))];
    }

    /// <summary>One for each video at a time.</summary>
    public IReadOnlyList<EngineAnswerer> Answerers { get; }

    public void Dispose()
    {
        foreach (VideoEngine engine in _engines)
            engine.Dispose();
    }
}
