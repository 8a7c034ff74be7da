using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Tests with nodes share the machine's two cores and the clock.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: SupportedOSPlatform("linux")]
