using System.Net;
using System.Net.Sockets;
using System.Text;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using static Netplugin.Tests.EndToEnd.DualStack;

namespace Netplugin.Tests.EndToEnd;

/// <summary>
/// Who reaches whom in two tenants with the same addresses, over two nodes: each pod tries each other of its tenant by the network's address and by the cluster addresses of both families, by TCP,
/// UDP and ICMP, and what comes of it is what the judge says of the posted policies.
/// </summary>
public sealed class PolicyReachTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly string[] Front = ["f1", "f2"], Back = ["b1", "b2"], Db = ["d1"];

    private static readonly (byte Protocol, ushort Port)[] Ways = [(6, 80), (6, 81), (17, 53), (17, 54), (1, 0)];

    // Each tenant's policies; the second's pods have the first's names behind an x, and in the network the same addresses.
    private static readonly (string What, PolicyTenant[] Tenants)[] States =
    [
        ("nothing is said", [Tenant("one", 10001, "", [], [], []), Tenant("two", 10002, "x", [], [], [])]),
        ("chains of groups beside a tenant without rules",
        [
            Tenant("one", 10001, "", ["in 1 deny any"], ["in 1 deny any", "in 10 allow tcp/80 front", "in 10 allow icmp front"], ["in 1 deny any", "in 2 allow udp/53 back"]),
            Tenant("two", 10002, "x", [], [], []),
        ]),
        ("each direction denied by itself",
        [
            Tenant("one", 10001, "", ["out 1 deny any back", "out 9 allow tcp back", "in 1 deny icmp"], ["out 1 deny any"], ["in 3 deny tcp", "in 3 allow tcp/80"]),
            Tenant("two", 10002, "x", ["in 1 deny any db"], ["in 1 deny udp/53"], ["out 1 deny any", "out 50 allow udp/54 front"]),
        ]),
        ("addresses of the network, and blocks of the nodes'",
        [
            Tenant("one", 10001, "", ["in 1 deny any 11.1.0.4/31"], ["in 1 deny any", "in 2 allow tcp 10.244.1.0/24", "in 2 allow udp fd00:10:244:2::/64"], ["in 1 deny any", "in 5 allow any 11.1.0.1/32"]),
            Tenant("two", 10002, "x", ["out 1 deny any 11.1.0.0/24"], ["in 2 allow any front 11.1.0.2/32", "in 1 deny any front"], ["in 1 deny any 0.0.0.0/0"]),
        ]),
    ];

    [Fact]
    public async Task Every_pod_reaches_whom_the_judge_says_by_every_address_and_protocol()
    {
        using Cluster cluster = await StartAsync();
        cluster.Post(PolicyIntent.Of(States[0].Tenants)).Succeeded();
        string[] names = [.. States[0].Tenants.SelectMany(tenant => tenant.Groups).SelectMany(group => group.Pods)];
        Listening[] pods = [.. names.Select(name => new Listening(cluster[name[^1] == '1' ? 1 : 2], name))];
        try
        {
            Assert.Equal(pods[0].Addresses[2], pods[Front.Length + Back.Length + Db.Length].Addresses[2]);
            foreach ((string what, PolicyTenant[] tenants) in States)
            {
                cluster.Post(PolicyIntent.Of(tenants)).Succeeded();
                Dictionary<string, bool> wanted = Wanted(tenants, pods), got = [];
                try
                {
                    await Eventually.HoldsAsync($"all to reach whom they may when {what}", async () =>
                    {
                        got = await TryAsync(tenants, pods);
                        return wanted.All(one => got[one.Key] == one.Value);
                    });
                }
                catch (TimeoutException)
                {
                    Assert.Fail(string.Join('\n', wanted.Where(one => got[one.Key] != one.Value)
                        .Select(one => $"{what}: {one.Key}: {(one.Value ? "allowed" : "denied")}, but {(got[one.Key] ? "passes" : "does not")}")));
                }

                output.WriteLine($"{what}: {wanted.Count} attempts, {wanted.Count(one => one.Value)} allowed");
            }
        }
        finally
        {
            foreach (Listening pod in pods)
            {
                pod.Dispose();
            }
        }
    }

    private static PolicyTenant Tenant(string name, int vni, string mark, string[] front, string[] back, string[] db) => new(
        name, vni, new("front", Marked(mark, Front), front), new("back", Marked(mark, Back), back), new("db", Marked(mark, Db), db));

    private static string[] Marked(string mark, string[] names) => [.. names.Select(name => mark + name)];

    private static IEnumerable<(string What, Listening From, Listening To, int Address, byte Protocol, ushort Port)> Attempts(PolicyTenant[] tenants, Listening[] pods) =>
        from tenant in tenants
        let own = tenant.Groups.SelectMany(@group => @group.Pods).ToHashSet()
        from @from in pods
        from to in pods
        where @from != to && own.Contains(@from.Name) && own.Contains(to.Name)
        from address in Enumerable.Range(0, to.Addresses.Length)
        from way in Ways
        select ($"{@from.Name} to {to.Name} at {to.Addresses[address]} by {way.Protocol}/{way.Port}", @from, to, address, way.Protocol, way.Port);

    private static Dictionary<string, bool> Wanted(PolicyTenant[] tenants, Listening[] pods)
    {
        PolicySet policies = PolicyIntent.Policies(tenants);
        Dictionary<Listening, PolicyEndpoint> endpoints = (
            from tenant in tenants
            from @group in tenant.Groups
            from name in @group.Pods
            let pod = pods.Single(pod => pod.Name == name)
            select (pod, new PolicyEndpoint(new(tenant.NetworkId, name), @group.Name, [Ip(pod, 2)], [Ip(pod, 0), Ip(pod, 1)], pod.Node, null))).ToDictionary();
        return Attempts(tenants, pods).ToDictionary(one => one.What, one => PolicyJudge.Judge(policies, new(
            new AttemptEnd.OfEndpoint(endpoints[one.From], Ip(one.From, one.Address)),
            new AttemptEnd.OfEndpoint(endpoints[one.To], Ip(one.To, one.Address)),
            one.Protocol == 1 && one.Address == 1 ? (byte)58 : one.Protocol,
            one.Port)).IsAllowed);
    }

    private static IpAddr Ip(Listening pod, int address) => IpAddr.Parse(pod.Addresses[address]);

    private static async Task<Dictionary<string, bool>> TryAsync(PolicyTenant[] tenants, Listening[] pods)
    {
        // Pings are programs, and the machine is small.
        using var few = new SemaphoreSlim(12);
        (string What, bool Passes)[] results = await Task.WhenAll(Attempts(tenants, pods).Select(async one =>
        {
            var target = new IPEndPoint(IPAddress.Parse(one.To.Addresses[one.Address]), one.Port);
            return (one.What, one.Protocol switch
            {
                6 => await TcpAsync(one.From, one.To, target),
                17 => await UdpAsync(one.From, one.To, target),
                _ => await PingAsync(one.From, target.Address, few),
            });
        }));
        return results.ToDictionary(one => one.What, one => one.Passes);
    }

    private static async Task<bool> PingAsync(Listening from, IPAddress address, SemaphoreSlim few)
    {
        await few.WaitAsync();
        try
        {
            return await Task.Run(() => from.Pod.Run("ping", "-n", "-c", "2", "-i", "0.2", "-w", "1", address.ToString()).ExitCode == 0);
        }
        finally
        {
            few.Release();
        }
    }

    private static async Task<bool> UdpAsync(Listening from, Listening to, IPEndPoint target)
    {
        using Socket socket = UdpSockets.Open(from.Pod.NetworkNamespace, 0, AnyOf(target.Address));
        return await AnswersAsync(to, async (buffer, limit) =>
        {
            await socket.ConnectAsync(target, limit);
            await socket.SendAsync(new byte[1], limit);
            return await socket.ReceiveAsync(buffer, limit);
        });
    }

    private static async Task<bool> TcpAsync(Listening from, Listening to, IPEndPoint target)
    {
        using Socket socket = TcpSockets.Open(from.Pod.NetworkNamespace, target.AddressFamily);
        return await AnswersAsync(to, async (buffer, limit) =>
        {
            await socket.ConnectAsync(target, limit);
            return await socket.ReceiveAsync(buffer, limit);
        });
    }

    /// <summary>True when the one that was meant answers, false when nobody does.</summary>
    private static async Task<bool> AnswersAsync(Listening to, Func<byte[], CancellationToken, Task<int>> askAsync)
    {
        using var limit = new CancellationTokenSource(Patience);
        byte[] buffer = new byte[64];
        try
        {
            int length = await askAsync(buffer, limit.Token);
            Assert.Equal(to.Name, Encoding.ASCII.GetString(buffer, 0, length));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static IPAddress AnyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <summary>A pod that says its name to all who ask it, at each of its addresses.</summary>
    private sealed class Listening : IDisposable
    {
        private readonly List<Socket> _sockets = [];

        public Listening(ClusterNode node, string name)
        {
            (Pod, Name, Node) = (node.CreatePod(name), name, node.Host);
            Addresses = [.. Add(Pod), .. NetworkAddresses(Pod)];
            foreach (IPAddress address in Addresses.Select(IPAddress.Parse))
            {
                foreach ((byte protocol, ushort port) in Ways.Where(way => way.Port != 0))
                {
                    _ = protocol == 6 ? AnswerTcpAsync(new(address, port)) : AnswerUdpAsync(new(address, port));
                }
            }
        }

        /// <summary>The pod.</summary>
        public Pod Pod { get; }

        /// <summary>Its name.</summary>
        public string Name { get; }

        /// <summary>Its node's label.</summary>
        public string Node { get; }

        /// <summary>Its cluster addresses of both families, and the network's.</summary>
        public string[] Addresses { get; }

        public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

        private async Task AnswerUdpAsync(IPEndPoint at)
        {
            Socket socket = UdpSockets.Open(Pod.NetworkNamespace, at.Port, at.Address);
            _sockets.Add(socket);
            byte[] name = Encoding.ASCII.GetBytes(Name);
            while (true)
            {
                SocketReceiveFromResult got = await socket.ReceiveFromAsync(new byte[64], new IPEndPoint(AnyOf(at.Address), 0));
                await socket.SendToAsync(name, got.RemoteEndPoint);
            }
        }

        private async Task AnswerTcpAsync(IPEndPoint at)
        {
            Socket socket = InNamespace.Open(Pod.NetworkNamespace, () =>
            {
                var listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                listener.Bind(at);
                listener.Listen(256);
                return listener;
            });
            _sockets.Add(socket);
            byte[] name = Encoding.ASCII.GetBytes(Name);
            while (true)
            {
                using Socket client = await socket.AcceptAsync();
                try
                {
                    await client.SendAsync(name);
                }
                catch (SocketException)
                {
                    // The client gave up meanwhile.
                    continue;
                }
            }
        }
    }
}
