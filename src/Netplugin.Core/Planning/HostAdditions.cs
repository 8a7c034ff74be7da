using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>Adds and updates hosts.</summary>
internal static class HostAdditions
{
    public static void Add(Draft draft, Intent intent, bool isWhole)
    {
        foreach (var host in intent.Hosts)
        {
            var existing = isWhole ? null : draft.Hosts.GetValueOrDefault(host.Name.Value);
            var record = new HostRecord(
                host.Name.Value, host.Vtep?.Value ?? existing?.Vtep ?? IpAddr.Unspecified, host.Interface?.Value ?? existing?.Interface ?? "");
            if (record.Vtep.IsUnspecified && record.Interface.Length == 0)
            {
                draft.AddUnlessPartial(host.Name.At, $"host {Quoted.Text(record.Name)} needs a VtepIP (for vxlan networks) or an Intf (for vlan networks)");
            }

            draft.Hosts[record.Name] = record;
        }

        CheckVteps(draft, intent);
    }

    private static void CheckVteps(Draft draft, Intent intent)
    {
        var named = intent.Hosts.ToDictionary(h => h.Name.Value, StringComparer.Ordinal);
        var owners = new Dictionary<IpAddr, string>();
        foreach (var host in draft.Hosts.Values)
        {
            if (!named.ContainsKey(host.Name) && !host.Vtep.IsUnspecified)
            {
                owners[host.Vtep] = host.Name;
            }
        }

        foreach (var host in intent.Hosts)
        {
            var vtep = draft.Hosts[host.Name.Value].Vtep;
            if (!vtep.IsUnspecified && !owners.TryAdd(vtep, host.Name.Value))
            {
                draft.Errors.Add(host.Vtep?.At ?? host.Name.At, $"VtepIP {vtep} is already that of host {Quoted.Text(owners[vtep])}");
            }
        }
    }
}
