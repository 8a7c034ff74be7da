using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Kubernetes;

/// <summary>What is in force at once when pods, labels and policies come, change and go.</summary>
[Trait("run", "smoke")]
public sealed class PolicyChangeTests(Lab lab, Policed policed) : IClassFixture<Policed>
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Labels_that_change_change_who_is_let_in_at_once()
    {
        string policy = Policed.NetworkPolicy(
            "relabelled",
            "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: shop } }, podSelector: { matchLabels: { app: web } } }] }] }");
        lab.Apply(policy);
        try
        {
            await policed.ReachesAsync(Table(web: '+', guest: '-', own: '+'));
            lab.Kubectl("label", "namespace", "guests", "team=shop", "--overwrite").Succeeded();
            await policed.ReachesAsync(Table(web: '+', guest: '+', own: '+'), AtOnce);
            lab.Kubectl("label", "pod", "--namespace", "shop", "web", "app=other", "--overwrite").Succeeded();
            await policed.ReachesAsync(Table(web: '-', guest: '+', own: '+'), AtOnce);

            // Who is asked has other labels now, and is not what the policy is for.
            lab.Kubectl("label", "pod", "--namespace", "shop", "near", "app=free", "--overwrite").Succeeded();
            await policed.ReachesAsync("  near far\n web + -\n guest + +\n stranger + -", AtOnce);
        }
        finally
        {
            lab.Kubectl("label", "namespace", "guests", "team=guests", "--overwrite").Succeeded();
            lab.Kubectl("label", "pod", "--namespace", "shop", "web", "app=web", "--overwrite").Succeeded();
            lab.Kubectl("label", "pod", "--namespace", "shop", "near", "app=db", "--overwrite").Succeeded();
            lab.Delete(policy);
        }

        static string Table(char web, char guest, char own) => $"""
                     near    far     web
            web      {web}   {web}   {own}
            guest    {guest} {guest} +
            stranger -       -       +
            """;
    }

    [Theory]
    [InlineData("Ingress", "near", "near")]
    [InlineData("Ingress", "far", "far")]
    [InlineData("Egress", "far", "web")]
    [InlineData("Egress", "service-far", "web")]
    public async Task A_policy_that_forbids_a_connection_stops_it_and_goes_with_it_when_it_is_deleted(string direction, string asked, string subject)
    {
        string policy = Policed.NetworkPolicy(
            "forbidding", $"{{ podSelector: {{ matchExpressions: [{{ key: {(subject == "web" ? "app" : "place")}, operator: In, values: [{subject}] }}] }}, policyTypes: [{direction}] }}");
        using Socket connection = await policed.Speakers.ConnectAsync("web", new(policed.Address(asked, lab.Families.First()), Speakers.Ports[0]));
        Assert.True(await Speakers.AnswersAsync(connection));
        lab.Apply(policy);
        try
        {
            await Eventually.HoldsAsync("the connection to be stopped", async () => !await Speakers.AnswersAsync(connection), AtOnce);
            Assert.False(await Speakers.AnswersAsync(connection));
        }
        finally
        {
            lab.Delete(policy);
        }

        // What TCP sends again comes through.
        await Eventually.HoldsAsync("the connection to go on", () => Speakers.AnswersAsync(connection));
    }

    /// <summary>What a pod's first program sends is judged as all that comes later, and so is what is sent to it before it runs.</summary>
    [Fact]
    public async Task The_first_packets_of_a_pod_and_to_it_meet_its_policies()
    {
        string policy = Policed.NetworkPolicy("closed", "{ podSelector: { matchLabels: { early: closed } }, policyTypes: [Ingress, Egress] }");
        string pods = Lab.Manifest("early.yaml").Replace("ASKED", string.Join(' ', lab.Families.Select(family => new IPEndPoint(policed.Address("far", family), 9000))), StringComparison.Ordinal);
        lab.Apply(policy);
        try
        {
            await policed.ReachesWithAsync(
                Policed.NetworkPolicy("seen", "{ podSelector: { matchLabels: { app: web } }, policyTypes: [Ingress] }"),
                """
                         web near
                stranger -   +
                """);
            using (Flood.Start(lab.Pod("stranger", "guests"), NextAddresses()))
            {
                await lab.ApplyPodsAsync(pods);
                await Eventually.HoldsAsync("the pods to have asked", () => Outcomes("open").Length > 0 && Outcomes("closed").Length > 0, TimeSpan.FromSeconds(30));
            }

            Assert.Equal(lab.Families.Select(_ => "answered"), Outcomes("open"));
            Assert.Equal(lab.Families.Select(_ => "nobody"), Outcomes("closed"));
            foreach (char family in lab.Families)
            {
                Assert.NotEqual(0, Arrived("open", family));
                Assert.Equal(0, Arrived("closed", family));
            }
        }
        finally
        {
            lab.Delete(policy);
            lab.Delete(pods);
        }
    }

    /// <summary>What the first program of a pod got for an answer from each address that it asked; nothing before it is done.</summary>
    private string[] Outcomes(string pod)
    {
        string[] lines = lab.Kubectl("logs", "--namespace", "shop", pod).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Contains("done") ? [.. lines.TakeWhile(line => line != "done")] : [];
    }

    /// <summary>How many datagrams came to a pod that speaks to nobody itself by UDP.</summary>
    private int Arrived(string pod, char family)
    {
        string[] counters = family == '6' ? ["Udp6InDatagrams", "Udp6NoPorts"] : ["InDatagrams", "NoPorts"];
        string text = lab.Pod(pod, "shop").Run("cat", family == '6' ? "/proc/net/snmp6" : "/proc/net/snmp").Succeeded();
        if (family == '6')
        {
            return text.Split('\n').Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                .Where(words => words.Length == 2 && counters.Contains(words[0])).Sum(words => int.Parse(words[1], CultureInfo.InvariantCulture));
        }

        string[][] udp = [.. text.Split('\n').Where(line => line.StartsWith("Udp:", StringComparison.Ordinal)).Select(line => line.Split(' '))];
        return counters.Sum(counter => int.Parse(udp[1][Array.IndexOf(udp[0], counter)], CultureInfo.InvariantCulture));
    }

    /// <summary>The addresses of node1's blocks among which those of its next pods are.</summary>
    private IPAddress[] NextAddresses() =>
    [
        .. from family in lab.Families
           let block = new IpPrefix(IpAddr.Parse(policed.Address("web", family).ToString()), family == '6' ? 120 : 24)
           from number in Enumerable.Range(2, 250)
           select IPAddress.Parse(block.First.Add((UInt128)number).ToString()),
    ];

    /// <summary>Datagrams of a pod to many addresses, again and again.</summary>
    private sealed class Flood : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private Thread _thread = null!;

        public static Flood Start(Place from, IPAddress[] targets)
        {
            var flood = new Flood();
            string networkNamespace = from.NetworkNamespace();
            flood._thread = new(() =>
            {
                using Socket v4 = UdpSockets.Open(networkNamespace), v6 = UdpSockets.Open(networkNamespace, 0, IPAddress.IPv6Any);
                while (!flood._end.IsCancellationRequested)
                {
                    foreach (IPAddress target in targets)
                    {
                        try
                        {
                            (target.AddressFamily == AddressFamily.InterNetwork ? v4 : v6).SendTo([0], new IPEndPoint(target, 9005));
                        }
                        catch (SocketException)
                        {
                            // What the kernel tells of one before.
                        }
                    }
                }
            });
            flood._thread.Start();
            return flood;
        }

        public void Dispose()
        {
            _end.Cancel();
            _thread.Join();
            _end.Dispose();
        }
    }
}
