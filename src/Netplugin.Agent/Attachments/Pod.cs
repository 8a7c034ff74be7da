using System.Collections.Immutable;
using Netplugin.NodeApi.Cni;

namespace Netplugin.Agent.Attachments;

/// <summary>What the journal keeps of a pod: one file, written whole at every step.</summary>
/// <param name="Key">The sandbox and the interface the runtime asked for.</param>
/// <param name="Name">The pod's name: the container name that the intent uses.</param>
/// <param name="Namespace">The pod's namespace; empty when unknown.</param>
/// <param name="NetworkNamespace">Path of its network namespace; empty when the pod was only ever handed over as a descriptor.</param>
/// <param name="CniNetwork">Name of the CNI configuration it was added under; empty for the other origins. GC frees within one name only.</param>
/// <param name="Origin">Who asked for it.</param>
/// <param name="SeenByRuntime">True once the runtime listed the sandbox: only then does its absence from a list mean that it is gone.</param>
/// <param name="Ended">The runtime said DEL: what is left of it only waits for the store.</param>
/// <param name="Attachments">Its interfaces in the order made. Empty: a pod that runs and waits for an endpoint to be posted again.</param>
internal sealed record Pod(
    PodKey Key,
    string Name,
    string Namespace,
    string NetworkNamespace,
    string CniNetwork,
    PodOrigin Origin,
    bool SeenByRuntime,
    bool Ended,
    ImmutableArray<Attachment> Attachments)
{
    /// <summary>Its uid in Kubernetes; empty when the runtime did not tell it.</summary>
    public string Uid { get; init; } = "";

    /// <summary>The node's ports that lead to it.</summary>
    public ImmutableArray<CniPortMapping> HostPorts { get; init; } = [];

    /// <summary><c>namespace/name</c>, or the name alone where the namespace is unknown.</summary>
    public string FullName => Namespace.Length > 0 ? $"{Namespace}/{Name}" : Name;

    /// <summary>The same pod with the attachment of the same number replaced, or added at the end.</summary>
    public Pod With(Attachment attachment)
    {
        for (var i = 0; i < Attachments.Length; i++)
        {
            if (Attachments[i].Number == attachment.Number)
            {
                return this with { Attachments = Attachments.SetItem(i, attachment) };
            }
        }

        return this with { Attachments = Attachments.Add(attachment) };
    }

    /// <summary>The same pod without the attachment of that number.</summary>
    public Pod Without(ulong number) => this with { Attachments = Attachments.RemoveAll(a => a.Number == number) };

    /// <summary>
    /// The name the next interface gets: the requested one while no interface has it, else the lowest free <c>ethN</c>.
    /// </summary>
    public string NextInterface() => Next([.. Attachments.Where(a => a.Phase != AttachmentPhase.Unbinding).Select(a => a.Interface)]);

    /// <summary>The names that its interfaces get, when it has none yet.</summary>
    /// <param name="count">How many there will be.</param>
    public ImmutableArray<string> FirstInterfaces(int count)
    {
        List<string> names = [];
        while (names.Count < count)
        {
            names.Add(Next(names));
        }

        return [.. names];
    }

    private string Next(List<string> taken)
    {
        var name = Key.Interface;
        for (var n = 0; taken.Contains(name); n++)
        {
            name = $"eth{n}";
        }

        return name;
    }
}

/// <summary>Names a pod on this node: CNI's container id and interface name.</summary>
/// <param name="Sandbox">The runtime's sandbox (infra container) id.</param>
/// <param name="Interface">The interface the runtime asked for.</param>
internal readonly record struct PodKey(string Sandbox, string Interface)
{
    /// <summary><c>sandbox/interface</c>.</summary>
    public override string ToString() => $"{Sandbox}/{Interface}";
}

/// <summary>Who asked for a pod to be attached; decides what taking an endpoint's home away means.</summary>
internal enum PodOrigin
{
    /// <summary>A CNI ADD.</summary>
    Cni,

    /// <summary>The kubelet exec form.</summary>
    Exec,

    /// <summary>An operator's host binding, or an early-bound endpoint whose container was found running.</summary>
    Operator,
}
