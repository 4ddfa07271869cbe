using System.Security.Cryptography;
using System.Text;

namespace Winnow.Evaluation.Parsing;

/// <summary>The random option that some harnesses give to a reply without a letter, made repeatable.</summary>
/// <remarks>
/// The harness draws from one generator for the whole run, so that its result depends on the order of the questions. Here the draw follows
/// from seed and reply alone: shards and resumed runs agree.
/// </remarks>
internal sealed class SeededFallback(int seed)
{
    public char Draw(string reply, int options)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{reply}"));
        return Question.Letter((int)(BitConverter.ToUInt32(digest) % (uint)Math.Max(options, 1)));
    }
}
