using Microsoft.Win32.SafeHandles;
using Netplugin.Linux;
using Netplugin.Linux.Namespaces;

namespace Netplugin.Agent.Kernel;

/// <summary>Real network namespaces.</summary>
internal sealed class KernelNamespaces : IPodNamespaces
{
    /// <inheritdoc/>
    public IPodNamespace? TryOpen(string path)
    {
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            return NetworkNamespace.TryOpen(path, out var found) ? new KernelNamespace(found, path) : null;
        }
        catch (KernelException)
        {
            // Something else than a namespace is there by now: the same as nothing.
            return null;
        }
    }

    /// <inheritdoc/>
    public IPodNamespace FromDescriptor(SafeFileHandle descriptor, string path)
    {
        try
        {
            return new KernelNamespace(NetworkNamespace.FromHandle(descriptor), path);
        }
        catch (KernelException e)
        {
            descriptor.Dispose();
            throw new ArgumentException($"the descriptor that came with the request is not a network namespace: {e.Message}", nameof(descriptor), e);
        }
    }
}

/// <summary>A real network namespace.</summary>
/// <param name="inner">The namespace, which becomes this one's to close.</param>
/// <param name="path">Its path as the runtime sees it.</param>
internal sealed class KernelNamespace(NetworkNamespace inner, string path) : IPodNamespace
{
    /// <summary>The namespace.</summary>
    public NetworkNamespace Inner { get; } = inner;

    /// <inheritdoc/>
    public string Path { get; } = path;

    /// <inheritdoc/>
    public void Dispose() => Inner.Dispose();
}
