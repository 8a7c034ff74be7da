namespace Netplugin.Tests.Netdcli.Fixtures;

/// <summary>Intents the tests post.</summary>
internal static class Intents
{
    /// <summary>The demo's: two networks, four containers, bound late.</summary>
    public const string Late =
        """
        {
          "Tenants": [{
            "Name": "tenant-one", "DefaultNetType": "vxlan", "SubnetPool": "11.1.0.0/16", "AllocSubnetLen": 24, "Vxlans": "10001-14000",
            "Networks": [
              { "Name": "orange", "Endpoints": [{ "Container": "myContainer1" }, { "Container": "myContainer3" }] },
              { "Name": "purple", "Endpoints": [{ "Container": "myContainer2" }, { "Container": "myContainer4" }] }
            ]
          }]
        }
        """;

    /// <summary>Two tenants with a network and a container of the same names.</summary>
    public const string TwoTenants =
        """
        {
          "Hosts": [{ "Name": "host1", "VtepIP": "192.168.2.10" }],
          "Tenants": [
            { "Name": "blue", "DefaultNetType": "vxlan", "SubnetPool": "11.1.0.0/16", "AllocSubnetLen": 24, "Vxlans": "100-200",
              "Networks": [{ "Name": "web", "Endpoints": [{ "Container": "c1", "Host": "host1" }] }] },
            { "Name": "green", "DefaultNetType": "vxlan", "SubnetPool": "11.1.0.0/16", "AllocSubnetLen": 24, "Vxlans": "300-400",
              "Networks": [{ "Name": "web", "DefaultGw": "11.1.0.254", "Endpoints": [{ "Container": "c1" }] }] }
          ]
        }
        """;
}
