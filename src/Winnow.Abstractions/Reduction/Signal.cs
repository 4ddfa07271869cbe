namespace Winnow.Reduction;

/// <summary>What a method may ask for besides the tokens. The encoder computes only what is asked, at a cost proportional to it.</summary>
/// <remarks>
/// F frames, N tokens of a frame on the grid where the method acts, H heads, C width of the vision tower. Signals of the tower's own grid
/// are brought to the tokens' grid by the same spatial pooling as the features.
/// </remarks>
public enum Signal
{
    /// <summary><c>[F, N]</c>: attention that each place receives in a tower layer, mean over heads, then over queries.</summary>
    ReceivedAttention,

    /// <summary><c>[F, N, N]</c>: attention among the places of a tower layer, mean over heads; row i is what place i looks at.</summary>
    AttentionMap,

    /// <summary>
    /// <c>[F, H, 1 + N]</c>: attention of the tower's class token, itself first. Towers without one (SigLIP) do not have it.
    /// </summary>
    ClassAttention,

    /// <summary>
    /// <c>[F, N]</c>: attention of the pooling head's probe, mean over heads. LLaVA's files hold no pooling head; a separate file may.
    /// </summary>
    PoolingAttention,

    /// <summary><c>[F, E]</c>: one vector a frame from the pooling head.</summary>
    FrameEmbeddings,

    /// <summary><c>[F, N, C]</c>: output of the tower before the projector.</summary>
    EncoderFeatures,

    /// <summary><c>[F, N, C]</c>: keys of a tower layer, all heads side by side.</summary>
    EncoderKeys,

    /// <summary><c>[F, C]</c>: query of the class token in a tower layer, before scaling.</summary>
    ClassQuery,

    /// <summary><c>[F, C]</c>: key of the class token in a tower layer.</summary>
    ClassKey,

    /// <summary><c>[F, C]</c>: the class token's output of the tower.</summary>
    ClassFeatures,

    /// <summary><c>[F, N, P]</c>: each token in the space that <see cref="TextEmbeddings"/> share.</summary>
    ImageEmbeddings,

    /// <summary><c>[M, P]</c>: the question, as M vectors.</summary>
    TextEmbeddings,

    /// <summary>
    /// <c>[F, S, N, P]</c>: the pixels behind each token, 0 to 1, as P values in an order that is the same for all. A step holds S
    /// pictures, the earliest first.
    /// </summary>
    Pixels,

    /// <summary><c>[F]</c>: how much each frame helps to answer the question, 0 to 1.</summary>
    FrameScores,

    /// <summary>
    /// <c>[F, B]</c>: shares of each frame's pixels by colour and by where they are, summing to 1: from small decoded
    /// pictures, for choosing frames.
    /// </summary>
    FrameHistograms,

    /// <summary>
    /// <c>[F, N]</c>: how much a token changes when its input to the projector is nudged: the mean length of finite differences
    /// over random directions.
    /// </summary>
    ProjectorSensitivity,

    /// <summary>
    /// <c>[A]</c>: attention that each audio token of the video receives in the last layer of the audio tower: mean over
    /// heads, sum over queries.
    /// </summary>
    AudioAttention,

    /// <summary>
    /// <c>[W, 2]</c>: numbers of visual and of audio tokens in each window by which the two alternate in the sequence; 0 audio tokens
    /// where a window has none.
    /// </summary>
    AudioWindows,
}

/// <summary>One signal of one tower layer.</summary>
/// <param name="Kind">Which signal.</param>
/// <param name="Layer">
/// 0-based layer of the tower, or negative to count from the end (-1 = last). Signals that belong to no layer leave it.
/// </param>
public readonly record struct SignalRequest(Signal Kind, int Layer = -1);
