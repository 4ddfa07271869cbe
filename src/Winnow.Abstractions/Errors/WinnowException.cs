namespace Winnow;

/// <summary>An error that the user can act on: the message names what was wrong, the value, and the remedy, in one line.</summary>
/// <remarks>Hosts print <see cref="Exception.Message"/> alone and exit with a non-zero code; any other exception is a defect.</remarks>
public class WinnowException : Exception
{
    /// <summary>Creates the error with its one-line message.</summary>
    public WinnowException(string message) : base(message)
    {
    }

    /// <summary>Creates the error with its one-line message and what caused it.</summary>
    public WinnowException(string message, Exception inner) : base(message, inner)
    {
    }
}
