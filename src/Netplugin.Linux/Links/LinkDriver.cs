using Netplugin.Core.Addresses;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

/// <summary>
/// Makes, checks and removes the node's links over rtnetlink. Every member may be called from any thread, and again after a
/// failure or a restart: what is there is kept or replaced, what is gone counts as removed.
/// </summary>
public sealed partial class LinkDriver : IDisposable
{
    private readonly NetlinkConversation _node;

    /// <summary>Deleting a link blocks inside the kernel for tens of milliseconds; on a socket of its own it holds up nobody.</summary>
    private readonly NetlinkConversation _deletions;

    private readonly Func<NetlinkConversation> _open;

    /// <param name="node">In the node's namespace.</param>
    /// <param name="deletions">The same, for deletions.</param>
    /// <param name="open">Opens one in the calling thread's namespace, which then is a pod's.</param>
    internal LinkDriver(NetlinkConversation node, NetlinkConversation deletions, Func<NetlinkConversation> open)
    {
        _node = node;
        _deletions = deletions;
        _open = open;
        Underlay = new(node);
    }

    /// <summary>The network below the overlay.</summary>
    public Underlay Underlay { get; }

    /// <summary>Opens a driver for the namespace of the calling thread.</summary>
    /// <exception cref="KernelException">The kernel has no rtnetlink, or refuses it.</exception>
    public static LinkDriver Open()
    {
        var node = NetlinkConversation.OpenRoute();
        try
        {
            return new(node, NetlinkConversation.OpenRoute(), NetlinkConversation.OpenRoute);
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Opens a driver for another namespace.</summary>
    public static LinkDriver Open(NetworkNamespace node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Run(Open);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _deletions.Dispose();
        _node.Dispose();
    }

    private static LinkState? Find(NetlinkConversation conversation, Action<NetlinkBatch> request)
    {
        var batch = new NetlinkBatch();
        request(batch);
        LinkState? found = null;
        var failures = conversation.Try(batch, (_, message) => found = LinkState.Parse(message));
        return failures switch
        {
            [] => found,
            [{ Error.Kind: KernelErrorKind.NotFound }] => null,
            _ => throw failures[0].Error,
        };
    }

    private static LinkState? Find(NetlinkConversation conversation, string name) => Find(conversation, batch => LinkMessages.Get(batch, name));

    private static LinkState? Find(NetlinkConversation conversation, IfIndex index) => Find(conversation, batch => LinkMessages.Get(batch, index));

    private void Delete(IfIndex index)
    {
        var batch = new NetlinkBatch();
        LinkMessages.Delete(batch, index);
        ThrowUnlessGone(_deletions.Try(batch));
    }

    private void Delete(string name)
    {
        var batch = new NetlinkBatch();
        LinkMessages.Delete(batch, name);
        ThrowUnlessGone(_deletions.Try(batch));
    }

    private static void ThrowUnlessGone(IReadOnlyList<NetlinkFailure> failures)
    {
        foreach (var failure in failures)
        {
            if (failure.Error.Kind != KernelErrorKind.NotFound)
            {
                throw failure.Error;
            }
        }
    }
}
