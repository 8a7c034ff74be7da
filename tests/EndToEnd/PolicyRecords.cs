using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.EndToEnd;

/// <summary>What posts wrote of policies, groups and endpoints, read from etcd and written there again, faster than netdcli can start: by etcd's JSON gateway.</summary>
internal sealed class PolicyRecords : IDisposable
{
    private static readonly string[] Prefixes = [StoreKeys.Policies, StoreKeys.Groups, StoreKeys.Endpoints];

    private readonly HttpClient _etcd;

    // Of a post that nobody made yet.
    private long _post = 1_000_000;

    /// <summary>Speaks with a cluster's etcd.</summary>
    public PolicyRecords(Cluster cluster)
    {
        string place = cluster.Fabric.NetworkNamespace;
        var url = new Uri(Cluster.EtcdUrl);
        _etcd = new(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(
                InNamespace.Open(place, () =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    socket.Connect(IPAddress.Parse(url.Host), url.Port);
                    return socket;
                }),
                ownsSocket: true)),
        })
        {
            BaseAddress = url,
        };
    }

    /// <summary>All of them, keys and values as etcd's JSON has them.</summary>
    public async Task<ImmutableDictionary<string, string>> ReadAsync()
    {
        var all = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (string prefix in Prefixes)
        {
            // The end of the subtree: a slash's successor in the place of its last.
            using JsonDocument answer = await AskAsync("/v3/kv/range", new { key = Base64(prefix), range_end = Base64(prefix[..^1] + "0") });
            foreach (JsonElement entry in answer.RootElement.GetProperty("kvs").EnumerateArray())
            {
                all.Add(entry.GetProperty("key").GetString()!, entry.GetProperty("value").GetString()!);
            }
        }

        return all.ToImmutable();
    }

    /// <summary>Writes in one transaction what differs, as a post does; both have the same keys, and the same endpoints on the same nodes.</summary>
    public async Task ChangeAsync(ImmutableDictionary<string, string> from, ImmutableDictionary<string, string> to)
    {
        KeyValuePair<string, string>[] changed = [.. to.Where(entry => from[entry.Key] != entry.Value)];
        IEnumerable<NetworkId> moved = changed.Where(entry => Text(entry.Key).StartsWith(StoreKeys.Endpoints, StringComparison.Ordinal))
            .Select(entry => RecordCodec.DecodeEndpoint(new(Text(entry.Key), Convert.FromBase64String(entry.Value), 0, 0)).Id.Network).Distinct();
        byte[] post = RecordCodec.Encode(new PostRecord(++_post) { Moved = [.. moved] });
        object[] puts =
        [
            .. changed.Select(entry => new { requestPut = new { key = entry.Key, value = entry.Value } }),
            new { requestPut = new { key = Base64(StoreKeys.Post), value = Convert.ToBase64String(post) } },
        ];
        using JsonDocument answer = await AskAsync("/v3/kv/txn", new { success = puts });
        Assert.True(answer.RootElement.GetProperty("succeeded").GetBoolean());
    }

    /// <inheritdoc/>
    public void Dispose() => _etcd.Dispose();

    private static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async Task<JsonDocument> AskAsync(string path, object question)
    {
        using HttpResponseMessage answer = await _etcd.PostAsJsonAsync(path, question);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
    }
}
