using Netplugin.Core.Addresses;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>The first packets of a pod, and the first that others send it.</summary>
public sealed class PolicyFirstPacketTests(ITestOutputHelper output)
{
    private const int Adds = 30;
    private const string Address = "11.1.0.50";
    private const int Allowed = 4001, Denied = 4002, Packets = 200;

    /// <summary>
    /// One address is that of a pod without policies and of an isolated one in turn, and all the time others send to it: the isolated pod gets nothing of what the one before it got, nor do its own
    /// packets go where those of the one before went.
    /// </summary>
    [Fact]
    public async Task A_pods_first_packet_and_the_first_to_it_meet_its_policies()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        Post(cluster, "open");
        Pod friend = cluster[1].CreatePod("friend"), stranger = cluster[1].CreatePod("stranger"), far = cluster[2].CreatePod("far");
        string friends = friend.Add(), strangers = stranger.Add(), fars = far.Add();
        await Eventually.HoldsAsync("the nodes to know each other's pods", () => friend.Reaches(fars) && far.Reaches(strangers));

        // Who does not know an address asks for its neighbour once a second, and would send nothing meanwhile.
        foreach (Pod pod in new[] { friend, stranger, far })
        {
            pod.Run("ip", "neigh", "replace", Address, "lladdr", MacAddress.ForEndpoint(IpAddr.Parse(Address)).ToString(), "dev", "eth0", "nud", "permanent").Succeeded();
        }

        (int passed, int refused) = (0, 0);
        for (int add = 0; add < Adds; add++)
        {
            bool isOpen = add % 2 == 0;
            Post(cluster, isOpen ? "open" : "shut");
            Pod pod = cluster[1].CreatePod(isOpen ? "open" : "shut");
            string place = pod.NetworkNamespace;
            using PolicyExchange
                fromFriend = PolicyExchange.Start(friend.NetworkNamespace, place, Address, Allowed, 5001),
                fromStranger = PolicyExchange.Start(stranger.NetworkNamespace, place, Address, Denied, 5002),
                fromFar = PolicyExchange.Start(far.NetworkNamespace, place, Address, Denied + 1, 5003),
                toFriend = PolicyExchange.Start(place, friend.NetworkNamespace, friends, Allowed + 10, 5004),
                toStranger = PolicyExchange.Start(place, stranger.NetworkNamespace, strangers, Denied + 10, 5005),
                toFar = PolicyExchange.Start(place, far.NetworkNamespace, fars, Denied + 11, 5006);
            PolicyExchange[] allowed = [fromFriend, toFriend], denied = [fromStranger, fromFar, toStranger, toFar];
            await Eventually.HoldsAsync("packets to be sent before the pod is there", () => fromStranger.Sent > 50 && fromFar.Sent > 50);
            Assert.Equal(Address, pod.Add());
            int[] first = [.. allowed.Select(exchange => exchange.Sent)];
            await Eventually.HoldsAsync("packets after ADD", () => allowed.Zip(first).All(one => one.First.Sent > one.Second + Packets) && denied.All(one => one.Sent > Packets));
            if (isOpen)
            {
                await Eventually.HoldsAsync("all to reach a pod without policies, and it them", () => denied.All(exchange => exchange.Answers > 0));
            }

            // Until the address is another's, and while it is nobody's, they go on.
            pod.Delete();
            await Task.WhenAll(allowed.Concat(denied).Select(exchange => exchange.StopAsync()));
            Assert.All(allowed.Zip(first), one => Assert.DoesNotContain(one.First.Unanswered(one.Second), number => number < one.Second + Packets));
            if (!isOpen)
            {
                Assert.All(denied, exchange => Assert.True(exchange.Arrivals == 0, $"ADD {add}, exchange {Array.IndexOf(denied, exchange)} that is forbidden: {exchange}"));
                refused += denied.Sum(exchange => exchange.Sent);
            }

            passed += allowed.Sum(exchange => exchange.Answers);
            pod.RemoveNamespace();
        }

        output.WriteLine($"{Adds} ADDs: {passed} packets that are allowed were answered, {refused} that are not did not arrive");
    }

    /// <summary>The pod that has the address is another one.</summary>
    private static void Post(Cluster cluster, string name)
    {
        string intent = PolicyIntent.Of(new PolicyTenant(
            "one",
            10001,
            new("peers", ["friend", "stranger", "far"]),
            new("open", name == "open" ? ["open=" + Address] : []),
            new("shut", name == "shut" ? ["shut=" + Address] : [], "in 1 deny any", $"in 2 allow udp/{Allowed}", "out 1 deny any", $"out 2 allow udp/{Allowed + 10}")));
        cluster.Post(intent).Succeeded();
    }
}
