namespace Winnow.Numerics;

/// <summary>Argument checks whose messages say what was found and what fits.</summary>
internal static class Check
{
    public static void Length(int actual, long expected, string name, string meaning)
    {
        if (actual != expected)
        {
            throw new ArgumentException($"{name} has {actual} elements; {meaning} = {expected} are needed.", name);
        }
    }
}
