using Netplugin.Tests.Kubernetes.Cluster;
using Xunit.Sdk;
using Xunit.v3;

// One cluster for all tests, whose programs some of them kill.
[assembly: AssemblyFixture(typeof(Lab))]
[assembly: TestCollectionOrderer(typeof(IdleLast))]
[assembly: Parallelization(Mode = ParallelMode.None)]
