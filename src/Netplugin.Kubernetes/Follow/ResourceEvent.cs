using System.Collections.Immutable;
using Netplugin.Core.Services;

namespace Netplugin.Kubernetes.Follow;

/// <summary>What following a resource yields.</summary>
/// <typeparam name="T">What an object is.</typeparam>
public abstract record ResourceEvent<T>
    where T : class
{
    private ResourceEvent()
    {
    }

    /// <summary>All objects there are; what was known before is void.</summary>
    /// <param name="Objects">The objects, each once.</param>
    public sealed record Snapshot(ImmutableArray<ResourceEntry<T>> Objects) : ResourceEvent<T>;

    /// <summary>Changes since what came before; a change may come twice, and may say what is known already.</summary>
    /// <param name="Changes">In the order they happened to each object; none when all this says is that the server is back.</param>
    public sealed record Changed(ImmutableArray<ResourceChange<T>> Changes) : ResourceEvent<T>;

    /// <summary>The server cannot be followed; what is known stays valid and following goes on by itself.</summary>
    /// <param name="Reason">Why, for the operator.</param>
    public sealed record Disconnected(string Reason) : ResourceEvent<T>;
}

/// <summary>An object with its name.</summary>
/// <typeparam name="T">What an object is.</typeparam>
/// <param name="Name">Its namespace (empty for a kind without) and name.</param>
/// <param name="Value">The object.</param>
public readonly record struct ResourceEntry<T>(NamespacedName Name, T Value);

/// <summary>One object's change.</summary>
/// <typeparam name="T">What an object is.</typeparam>
/// <param name="Name">Its namespace (empty for a kind without) and name.</param>
/// <param name="Value">The object as it is now; null when it is gone, or none of those that are followed any more.</param>
public readonly record struct ResourceChange<T>(NamespacedName Name, T? Value)
    where T : class;
