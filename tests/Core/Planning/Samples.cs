namespace Netplugin.Tests.Core.Planning;

/// <summary>Intents that several test classes post, and frames around a few fields.</summary>
internal static class Samples
{
    public const string Base = """
        {"Hosts":[{"Name":"host1","VtepIP":"192.168.2.10"},{"Name":"host2","VtepIP":"192.168.2.11"}],
        "Tenants":[{"Name":"one","DefaultNetType":"vxlan","SubnetPool":"11.1.0.0/16","AllocSubnetLen":24,"VXLANs":"100-103","Networks":[
        {"Name":"orange","Endpoints":[{"Container":"c1"},{"Container":"c2","Host":"host1"}]},
        {"Name":"purple","Endpoints":[{"Container":"c2","Host":"host1"}]}]}]}
        """;

    public static string Tenant(string fields) => $$"""{"Tenants":[{"Name":"one",{{fields}}}]}""";

    public static string Network(string fields, string tenantFields = "\"SubnetPool\":\"11.1.0.0/16\",\"VXLANs\":\"100-103\"") =>
        Tenant($$"""{{tenantFields}},"Networks":[{"Name":"n",{{fields}}}]""");
}
