using Winnow.Engine;
using Winnow.Evaluation.Running;

namespace Winnow.Evaluation.Tests.Running;

/// <summary>
/// A model that needs no weights: the baseline answers right, a method answers right as often as its
/// retention says. Counts what it is asked to do.
/// </summary>
internal sealed class StandInAnswerer(IReadOnlyDictionary<string, string> rightReplies) : IAnswerer
{
    private const int WholeTokens = 100;

    public List<MediaSource> Encoded { get; } = [];

    public int Asked { get; private set; }

    /// <summary>Throws as Ctrl+C would once so many questions were asked.</summary>
    public int? CancelAfter { get; init; }

    public IReadOnlyDictionary<string, string> Conditions { get; init; } = new Dictionary<string, string> { ["model"] = "stand-in" };

    public string? Refusal(MethodSetting setting) => null;

    public Task<IEncodedVideo> EncodeAsync(MediaSource media, IReadOnlyList<MethodSetting> settings, CancellationToken cancellation)
    {
        if (!File.Exists(media.Path))
            throw new WinnowException($"There is no video {media.Path}.");
        Encoded.Add(media);
        return Task.FromResult<IEncodedVideo>(new Video(this));
    }

    private sealed class Video(StandInAnswerer owner) : IEncodedVideo
    {
        public Task<Answer> AnswerAsync(AnswerRequest request, MethodSetting setting, CancellationToken cancellation)
        {
            if (owner.Asked == owner.CancelAfter)
                throw new OperationCanceledException();
            owner.Asked++;
            bool knows = new Random(request.Prompt.Length * 31 + owner.Asked % 7).NextDouble() < setting.Retention;
            return Task.FromResult(new Answer
            {
                Reply = request.Continuations.Count > 0 ? "" : knows ? owner.RightReply(request.Prompt) : "wrong",
                LogLikelihoods = [.. request.Continuations.Select(text => text == owner.RightReply(request.Prompt) ? -1.0 : -2.0)],
                AppliedRetention = setting.Retention,
                WholeTokens = WholeTokens,
                VisualTokens = (int)(setting.Retention * WholeTokens),
                PromptTokens = 20,
                Times =
                    new StageTimes { Encode = TimeSpan.FromMilliseconds(5), Prefill = TimeSpan.FromMilliseconds(10 * setting.Retention) },
            });
        }

        public void Dispose()
        {
        }
    }

    private string RightReply(string prompt) => rightReplies[prompt];
}
