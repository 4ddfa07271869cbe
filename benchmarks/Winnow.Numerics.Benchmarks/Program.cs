using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Winnow.Numerics.Benchmarks;

// shares [threads]: one short table of every kernel as a share of the machine's ceiling.
// anything else: BenchmarkDotNet (try --list flat, or --filter *MatMul*).
if (args is ["shares", ..])
{
    Shares.Print(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1);
    return;
}

// In-process, because the artifacts layout of this repository hides the build that the default toolchain would look for.
IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(Shares).Assembly).Run(args, config);
