using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Judging;

/// <summary>Labels, addresses and ports as the specifications of Kubernetes' policies have them.</summary>
internal static class Selection
{
    /// <summary>meta/v1 LabelSelector: the requirements are ANDed; one without any matches everything.</summary>
    public static bool Selects(LabelSelector selector, Labels labels)
    {
        foreach (var requirement in selector.Requirements)
        {
            if (!Fulfils(labels[requirement.Key], requirement))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The address that a block is held against. An endpoint is the same in both planes, so it is known by its cluster address, of the attempt's family, in either; one that has none, by the
    /// address in the packet.
    /// </summary>
    public static IpAddr AddressOf(AttemptEnd end) =>
        end is AttemptEnd.OfEndpoint { Endpoint: var endpoint } ? endpoint.ClusterAddresses.Of(end.Address.IsV4) ?? end.Address : end.Address;

    /// <summary>True when the pod that is connected to names the port so. A node or an address outside names none.</summary>
    public static bool IsNamed(Attempt attempt, TransportProtocol protocol, string name)
    {
        if (attempt.To is not AttemptEnd.OfEndpoint { Endpoint.Pod: { } pod })
        {
            return false;
        }

        foreach (var port in pod.Ports)
        {
            if (port.Name == name && port.Protocol == protocol && (byte)port.Protocol == attempt.Protocol && port.Number == attempt.Port)
            {
                return true;
            }
        }

        return false;
    }

    // meta/v1 LabelSelectorOperator; NotIn also matches labels without the key (Kubernetes documentation, "Labels and Selectors", set-based requirement).
    private static bool Fulfils(string? value, LabelRequirement requirement) => requirement.Operator switch
    {
        LabelOperator.In => value is not null && requirement.Values.Contains(value),
        LabelOperator.NotIn => value is null || !requirement.Values.Contains(value),
        LabelOperator.Exists => value is not null,
        _ => value is null,
    };
}
