namespace Netplugin.Agent.Kernel;

/// <summary>A pod's network namespace, held open.</summary>
internal interface IPodNamespace : IDisposable
{
    /// <summary>Its path as the runtime sees it; empty when it came as a descriptor only.</summary>
    string Path { get; }
}

/// <summary>Opens pods' network namespaces.</summary>
internal interface IPodNamespaces
{
    /// <summary>Opens by path; null when nothing is there (any more).</summary>
    IPodNamespace? TryOpen(string path);

    /// <summary>Takes over a descriptor that came with a request.</summary>
    /// <exception cref="ArgumentException">It is not a network namespace.</exception>
    IPodNamespace FromDescriptor(Microsoft.Win32.SafeHandles.SafeFileHandle descriptor, string path);
}
