using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Policies;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Tests.Agent.Policies;

/// <summary>Facts that come one by one, and what a compiler has been told of them so far, as text.</summary>
internal sealed class FactsBench(bool hasKubernetes = true)
{
    private readonly SortedDictionary<string, string> _told = new(StringComparer.Ordinal);
    private ClusterView _view = ClusterView.Unknown with
    {
        Post = 1,
        Networks = ImmutableDictionary<NetworkId, NetworkRecord>.Empty,
        Nodes = ImmutableDictionary<string, NodeRecord>.Empty,
        Groups = ImmutableDictionary<TenantedName, GroupRecord>.Empty,
        Policies = ImmutableDictionary<TenantedName, PolicyRecord>.Empty,
    };

    public PolicyFacts Facts { get; } = new(Samples.Me, hasKubernetes);

    /// <summary>What was told, line by line.</summary>
    public string Told
    {
        get
        {
            Take();
            return string.Join('\n', _told.Values);
        }
    }

    /// <summary>Tells the facts in every order, once with a look after each and once with one at the end, and says what was told in the end; it must be the same in all.</summary>
    public static string ToldInEveryOrder(params Action<FactsBench>[] facts)
    {
        string? first = null;
        foreach (var order in Orders(facts))
        {
            foreach (var looksAfterEach in (bool[])[true, false])
            {
                var bench = new FactsBench();
                foreach (var tell in order)
                {
                    tell(bench);
                    if (looksAfterEach)
                    {
                        bench.Take();
                    }
                }

                first ??= bench.Told;
                Assert.Equal(first, bench.Told);
            }
        }

        return first!;
    }

    public void Store(Func<ClusterView, ClusterView> change, params EndpointId[] only)
    {
        _view = change(_view);
        Facts.SetView(_view, only, isAll: only.Length == 0);
    }

    public void Network(NetworkId id, long post = 1) => Store(view => view with { Networks = view.Networks!.SetItem(id, Samples.Network(id) with { Post = post }) });

    /// <summary>The endpoints of a network, which is followed from now on.</summary>
    public void Listed(NetworkId id, params EndpointRecord[] endpoints) => Store(view => view with
    {
        Endpoints = view.Endpoints.SetItem(id, new PackedDictionary<string, EndpointView>(StringComparer.Ordinal).With(
            [.. endpoints.OrderBy(e => e.Id.Container, StringComparer.Ordinal).Select(e => new DictionaryEdit<string, EndpointView>(e.Id.Container, EndpointView.From(e, 5, Samples.Me)))])),
    });

    /// <summary>One endpoint of a network that is followed.</summary>
    public void Heard(EndpointRecord endpoint) => Store(
        view => view with
        {
            Endpoints = view.Endpoints.SetItem(endpoint.Id.Network, view.Endpoints[endpoint.Id.Network].With([new(endpoint.Id.Container, EndpointView.From(endpoint, 6, Samples.Me))])),
        },
        endpoint.Id);

    /// <summary>A node, with the blocks that it serves; null: it is gone.</summary>
    public void Node(string name, string? blocks) => Store(view => view with
    {
        Nodes = blocks is null ? view.Nodes!.Remove(name) : view.Nodes!.SetItem(name, new(name, IpAddr.Parse("192.168.2.11"), 1500, "0") { Blocks = [.. blocks.Split(' ').Select(IpPrefix.Parse)] }),
    });

    public void Pod(string name, string node = "host2", string labels = "", string? ip = null, PodInterface[]? shows = null, bool isInDefaultNetwork = true) =>
        Facts.SetPod(NameOf(name), new(NameOf(name), Guid.Empty, node, LabelsOf(labels), [], [.. (ip?.Split(' ') ?? []).Select(IpAddr.Parse)], isInDefaultNetwork, [.. shows ?? []]));

    public void Namespace(string name, string labels) => Facts.SetNamespace(name, LabelsOf(labels));

    public static NamespacedName NameOf(string name) => name.Split('/') is [var space, var own] ? new(space, own) : throw new ArgumentException("namespace/name", nameof(name));

    public static Labels LabelsOf(string text) => new(text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=')).Select(one => KeyValuePair.Create(one[0], one[1])));

    private static IEnumerable<IEnumerable<Action<FactsBench>>> Orders(Action<FactsBench>[] all) =>
        all.Length == 0 ? [[]] : all.SelectMany((one, at) => Orders([.. all.Where((_, other) => other != at)]).Select(rest => rest.Prepend(one)));

    private void Take()
    {
        foreach (var setting in Facts.Take())
        {
            switch (setting)
            {
                case PolicySetting.EndpointIs(var endpoint):
                    _told[$"e {endpoint.Id}"] = Text(endpoint);
                    break;
                case PolicySetting.EndpointGone(var id):
                    _told.Remove($"e {id}");
                    break;
                case PolicySetting.NodeIs(var node, var addresses):
                    _told[$"n {node.Name}"] = $"node {node.Name} [{node.Labels}] at {string.Join(' ', addresses)}";
                    break;
                case PolicySetting.NodeGone(var name):
                    _told.Remove($"n {name}");
                    break;
                case PolicySetting.PolicyIs(var policy):
                    _told[$"p {policy.Id}"] = $"{policy.Id} for {string.Join(' ', policy.Subjects)}";
                    break;
                case PolicySetting.PolicyGone(var id):
                    _told.Remove($"p {id}");
                    break;
            }
        }
    }

    private static string Text(PolicyEndpoint endpoint) =>
        $"{endpoint.Id}{(endpoint.Group.Length > 0 ? $" in {endpoint.Group}" : "")}: {endpoint.Addresses}; {endpoint.ClusterAddresses}; on {endpoint.Node}"
        + (endpoint.Pod is { } pod ? $"; pod {pod.Name} [{pod.Labels}] of [{pod.NamespaceLabels}]" : "");
}
