namespace Winnow.Evaluation.Running;

/// <summary>One encoded video, ready for questions under any of the settings that it was encoded for.</summary>
public interface IEncodedVideo : IDisposable
{
    /// <summary>Asks one question in a conversation of its own.</summary>
    /// <exception cref="WinnowException">The question cannot be asked under this setting.</exception>
    Task<Answer> AnswerAsync(AnswerRequest request, MethodSetting setting, CancellationToken cancellation);
}
