namespace Winnow.Verification;

/// <summary>Runs every recording below a folder and compares this build with it.</summary>
/// <remarks>
/// Main files are <c>*.safetensors</c> outside <c>checkpoint/</c> folders, and <c>cases.json</c>. Recordings carry their own parameters and
/// shapes, so any set of recordings of the same kinds can be verified, not only those in this repository.
/// </remarks>
public static class Verifier
{
    /// <summary>Verifies a folder, or a single recording.</summary>
    /// <param name="path">Folder or main file of a recording.</param>
    /// <param name="progress">Told each case as it ends; null for none.</param>
    /// <param name="cancellation">Stops between two cases.</param>
    /// <exception cref="WinnowException">There is nothing at the path, or no recording below it.</exception>
    public static VerificationReport Run(string path, IProgress<VerificationCase>? progress = null,
        CancellationToken cancellation = default)
    {
        string root = Path.GetFullPath(path);
        List<string> files = File.Exists(root) ? [root]
            : Directory.Exists(root) ? [.. MainFiles(root)]
            : throw new WinnowException($"There is nothing at {path}; give a folder with recordings.");
        if (files.Count == 0)
            throw new WinnowException($"There is no recording below {path}; recordings are .safetensors files or folders with cases.json.");
        string folder = File.Exists(root) ? Path.GetDirectoryName(root)! : root;
        IRecordingCheck[] checks = [.. FindChecks()];
        var cases = new List<VerificationCase>(files.Count);
        foreach (string file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            VerificationCase outcome = Run(file, Path.GetRelativePath(folder, file).Replace('\\', '/'), checks);
            cases.Add(outcome);
            progress?.Report(outcome);
        }
        return new VerificationReport(cases);
    }

    private static IEnumerable<string> MainFiles(string root) =>
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".safetensors", StringComparison.Ordinal) || Path.GetFileName(file) == "cases.json")
            .Where(file => !Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Contains("checkpoint"))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<IRecordingCheck> FindChecks() =>
        typeof(Verifier).Assembly.GetTypes()
            .Where(type => type.IsClass && !type.IsAbstract && type.IsAssignableTo(typeof(IRecordingCheck)))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => (IRecordingCheck)Activator.CreateInstance(type)!);

    private static VerificationCase Run(string file, string name, IEnumerable<IRecordingCheck> checks)
    {
        string kind = "unknown";
        try
        {
            IRecordingCheck? check = checks.FirstOrDefault(candidate => candidate.Recognises(file));
            if (check is null)
                return new VerificationCase(name, kind, CaseStatus.Skipped, "this build has no check for such a recording");
            kind = check.Kind;
            var comparison = new Comparison();
            check.Check(file, comparison);
            return new VerificationCase(name, kind, comparison.Holds ? CaseStatus.Passed : CaseStatus.Failed, comparison.Message);
        }
        catch (RecordingSkippedException skipped)
        {
            return new VerificationCase(name, kind, CaseStatus.Skipped, skipped.Message);
        }
        // A recording that cannot even be computed is a failed case, reported with its reason; the others still run.
        catch (Exception error) when (error is not (OperationCanceledException or OutOfMemoryException))
        {
            return new VerificationCase(name, kind, CaseStatus.Failed, $"{error.GetType().Name}: {error.Message}");
        }
    }
}
