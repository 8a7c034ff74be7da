using Xunit.Sdk;
using Xunit.v3;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>Has the tests that wait for time to pass run when the others have used it.</summary>
public sealed class IdleLast : ITestCollectionOrderer
{
    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName.Contains(nameof(IdleTests), StringComparison.Ordinal))];
}
