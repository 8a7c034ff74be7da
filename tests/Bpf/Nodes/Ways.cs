namespace Netplugin.Tests.Bpf.Nodes;

/// <summary>Which nodes know ways to the others that need no VXLAN device; the rest sends and receives by the device.</summary>
public enum Ways
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
