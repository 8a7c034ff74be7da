namespace Netplugin.Tests.Bpf.Nodes;

/// <summary>Cases that tests on real devices have in common: true is IPv4, false IPv6.</summary>
public static class Families
{
    /// <summary>Each family.</summary>
    public static TheoryData<bool> Both => [true, false];

    /// <summary>Each family, between nodes that do without the VXLAN device and between nodes that need it.</summary>
    public static TheoryData<bool, DirectNodes> EitherWay
    {
        get
        {
            var data = new TheoryData<bool, DirectNodes>();
            foreach (var v4 in Both)
            {
                data.Add(v4, DirectNodes.All);
                data.Add(v4, DirectNodes.None);
            }

            return data;
        }
    }
}
