namespace Winnow.Evaluation.Running;

/// <summary>A model that questions are put to.</summary>
public interface IAnswerer
{
    /// <summary>
    /// What moves the numbers besides set and method: model, precision, frames, ... ; it stands in every result,
    /// and a run is only resumed under the same.
    /// </summary>
    IReadOnlyDictionary<string, string> Conditions { get; }

    /// <summary>Why this model cannot run a setting, in one line with the remedy; null where it can.</summary>
    string? Refusal(MethodSetting setting);

    /// <summary>
    /// Takes a video up for questions; it is encoded once, with the signals of all settings, or once for
    /// each way of reducing inside the encoder.
    /// </summary>
    /// <exception cref="WinnowException">The video is missing or unreadable.</exception>
    Task<IEncodedVideo> EncodeAsync(MediaSource media, IReadOnlyList<MethodSetting> settings, CancellationToken cancellation);
}
