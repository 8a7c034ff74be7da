using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Every test has nodes of its own, but the machine's two cores and the clock are shared.
[assembly: Parallelization(Mode = ParallelMode.None)]

// As the daemon, whose list of fault points the tests walk through.
[assembly: SupportedOSPlatform("linux")]
