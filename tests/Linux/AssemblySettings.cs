using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Tests here count this process's descriptors and look at its threads' namespaces: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: SupportedOSPlatform("linux")]
