namespace Netplugin.Tests.EndToEnd;

/// <summary>Intents that several tests post.</summary>
internal static class Intents
{
    /// <summary>Tenant-one with networks of late-bound endpoints, from the pool 11.1.0.0/16 and the VNIs from 10001.</summary>
    public static string OneTenant(params (string Network, string[] Containers)[] networks) =>
        $$"""{ "Tenants": [ {{Tenant("tenant-one", "10001-12000", networks)}} ] }""";

    /// <summary>Two tenants whose single networks have the same subnet and so the same addresses in the same order.</summary>
    public static string TwoTenants(string[] first, string[] second) =>
        $$"""{ "Tenants": [ {{Tenant("tenant-one", "10001-12000", ("orange", first))}}, {{Tenant("tenant-two", "15001-17000", ("purple", second))}} ] }""";

    private static string Tenant(string name, string vnis, params (string Network, string[] Containers)[] networks) => $$"""
        { "Name": "{{name}}", "DefaultNetType": "vxlan", "SubnetPool": "11.1.0.0/16", "AllocSubnetLen": 24, "Vxlans": "{{vnis}}", "Networks": [
        {{string.Join(",\n", networks.Select(network => Network(network.Network, network.Containers)))}} ] }
        """;

    private static string Network(string name, string[] containers) =>
        $$"""{ "Name": "{{name}}", "Endpoints": [ {{string.Join(", ", containers.Select(container => $$"""{ "Container": "{{container}}" }"""))}} ] }""";
}
