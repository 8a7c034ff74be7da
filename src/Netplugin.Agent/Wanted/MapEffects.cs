using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Wanted;

/// <summary>What the maps hold after changes were carried out, so that they need not be read back each time. Pure.</summary>
internal static class MapEffects
{
    /// <summary>Carries out changes on a state, in order.</summary>
    public static DatapathState After(DatapathState state, IEnumerable<DatapathChange> changes)
    {
        var node = state.Node;
        var networks = state.Networks.ToBuilder();
        var endpoints = new List<DictionaryEdit<EndpointKey, EndpointEntry>>();
        var interfaces = state.Interfaces.ToBuilder();
        var vteps = state.Vteps.ToBuilder();
        var blocks = state.Blocks.ToBuilder();
        var frontends = new List<DictionaryEdit<FrontendKey, Frontend>>();
        var shared = state.Shared.ToBuilder();
        foreach (var change in changes)
        {
            switch (change)
            {
                case DatapathChange.SetNode set:
                    node = set.Node;
                    break;
                case DatapathChange.ClearNode:
                    node = null;
                    break;
                case DatapathChange.SetNetwork set:
                    networks[set.Network] = set.Entry;
                    break;
                case DatapathChange.RemoveNetwork remove:
                    networks.Remove(remove.Network);
                    break;
                case DatapathChange.SetVtep set:
                    vteps[set.Vtep] = set.Entry;
                    break;
                case DatapathChange.RemoveVtep remove:
                    vteps.Remove(remove.Vtep);
                    break;
                case DatapathChange.SetEndpoint set:
                    endpoints.Add(new(set.Key, set.Entry));
                    break;
                case DatapathChange.RemoveEndpoint remove:
                    endpoints.Add(new(remove.Key));
                    break;
                case DatapathChange.SetBlock set:
                    blocks[set.Key] = set.Vtep;
                    break;
                case DatapathChange.RemoveBlock remove:
                    blocks.Remove(remove.Key);
                    break;
                case DatapathChange.SetInterface set:
                    interfaces[set.Device] = set.Entry;
                    break;
                case DatapathChange.RemoveInterface remove:
                    interfaces.Remove(remove.Device);
                    break;
                case DatapathChange.SetFrontend set:
                    frontends.Add(new(set.Key, set.Frontend));
                    break;
                case DatapathChange.RemoveFrontend remove:
                    frontends.Add(new(remove.Key));
                    break;
                case DatapathChange.SetShared set:
                    shared.Add(set.Key);
                    break;
                case DatapathChange.RemoveShared remove:
                    shared.Remove(remove.Key);
                    break;
                default:
                    throw new ArgumentException($"{change.GetType().Name} is not a change of the datapath", nameof(changes));
            }
        }

        return new(
            node, networks.ToImmutable(), state.Endpoints.With(endpoints), interfaces.ToImmutable(), vteps.ToImmutable(), blocks.ToImmutable(),
            state.Frontends.With(frontends), shared.ToImmutable());
    }
}
