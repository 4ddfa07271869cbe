namespace Winnow.Bench.Methods;

/// <summary>Measures one method after the other.</summary>
/// <typeparam name="TMethod">A method, ready to be measured.</typeparam>
/// <typeparam name="TResult">What is measured of it.</typeparam>
/// <param name="name">What a method is called, for progress.</param>
/// <param name="measure">Measures one.</param>
/// <param name="failed">The result of a method that cannot take the made-up video, with the reason.</param>
internal sealed class MethodByMethod<TMethod, TResult>(
    Func<TMethod, string> name, Func<TMethod, TResult> measure, Func<TMethod, string, TResult> failed)
{
    /// <summary>Measures them in their order; one that fails does not hide the numbers of the others.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="progress">Receives each name; null for none.</param>
    /// <param name="cancellation">Ends the run between two methods.</param>
    public List<TResult> Measure(IEnumerable<TMethod> methods, IProgress<string>? progress, CancellationToken cancellation)
    {
        var results = new List<TResult>();
        foreach (TMethod method in methods)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(name(method));
            try
            {
                results.Add(measure(method));
            }
            catch (Exception error) when (error is ArgumentException or WinnowException)
            {
                results.Add(failed(method, error.Message));
            }
        }
        return results;
    }
}
