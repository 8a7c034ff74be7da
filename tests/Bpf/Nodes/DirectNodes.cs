namespace Netplugin.Tests.Bpf.Nodes;

/// <summary>Which nodes know next hops and so do without the VXLAN device where they can; the others send and receive by it.</summary>
public enum DirectNodes
{
    /// <summary>Every node.</summary>
    All,

    /// <summary>Node 1 alone.</summary>
    FirstNode,

    /// <summary>Node 2 alone.</summary>
    SecondNode,

    /// <summary>No node.</summary>
    None,
}
