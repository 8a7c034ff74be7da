using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>Where Kubernetes' test program agnhost answers, and from where it asks others: a pod, a node or the outside.</summary>
/// <param name="name">For messages.</param>
/// <param name="run">Runs a program there, at most for a time.</param>
/// <param name="addresses">Its addresses, at most one of each family.</param>
/// <param name="port">Where it answers by TCP; by UDP it is the next.</param>
public sealed class Place(string name, Func<IReadOnlyList<string>, TimeSpan, CommandResult> run, IReadOnlyList<IPAddress> addresses, int port)
{
    // The asking program waits 5 s for an answer, so it is asked twice at least.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Its address of a family, '4' or '6'.</summary>
    public IPAddress Address(char family) =>
        addresses.Single(address => address.AddressFamily == (family == '6' ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));

    /// <summary>All its addresses, also those that it tells nobody.</summary>
    public IEnumerable<IPAddress> OwnAddresses()
    {
        using JsonDocument links = JsonDocument.Parse(Run("ip", "-json", "address").Succeeded());
        return
        [
            .. from link in links.RootElement.EnumerateArray()
               from address in link.GetProperty("addr_info").EnumerateArray()
               select IPAddress.Parse(address.GetProperty("local").GetString()!),
        ];
    }

    /// <summary>The file of its network namespace as this machine sees it, by which a test opens sockets there without Kubernetes' help.</summary>
    public string NetworkNamespace()
    {
        string name = Run("readlink", "/proc/self/ns/net").Succeeded().Trim();

        // Its oldest process: others there are programs that are run in it for a moment.
        return Path.Combine(Directory.EnumerateDirectories("/proc").Where(process => IsIn(process, name)).MinBy(StartOf)!, "ns", "net");
    }

    /// <summary>Runs a program there.</summary>
    public CommandResult Run(params IReadOnlyList<string> program) => run(program, Limit);

    /// <summary>Asks an address or name once, and waits two seconds for an answer.</summary>
    public bool Reaches(string host, int at, Transport transport) =>
        Run("busybox", "wget", "-q", "-O", "-", "-T", "2", QuestionTo(host, at, transport, "hostname")).Output.Contains("responses", StringComparison.Ordinal);

    /// <summary>Asks another place which address it sees the question come from, until it answers.</summary>
    public Task<IPAddress> SourceSeenByAsync(Place other, char family, Transport transport) =>
        SourceSeenByAsync(other.Name, other.Address(family).ToString(), other.PortOf(transport), transport);

    /// <summary>Asks an address or name which address it sees the question come from, until it answers.</summary>
    public async Task<IPAddress> SourceSeenByAsync(string what, string host, int at, Transport transport) =>
        IPEndPoint.Parse(await AskAsync(what, host, at, transport, "clientip")).Address;

    /// <summary>Asks an address or name for the name of the pod that answers, until it does.</summary>
    public Task<string> NameOfAsync(string host, int at, Transport transport) => AskAsync(host, host, at, transport, "hostname");

    /// <summary>Asks an address or name again and again, until each of several pods has answered.</summary>
    /// <param name="pods">Their names.</param>
    /// <param name="host">What leads to them.</param>
    /// <param name="at">The port.</param>
    /// <param name="transport">How to ask.</param>
    public async Task HearsFromAsync(IEnumerable<string> pods, string host, int at, Transport transport)
    {
        var missing = new HashSet<string>(pods);

        // The choice is by chance: that one of two is missed 40 times does not happen.
        for (int question = 0; question < 40 && missing.Count > 0; question++)
        {
            missing.Remove(await NameOfAsync(host, at, transport));
        }

        Assert.Empty(missing);
    }

    private static bool IsIn(string process, string networkNamespace)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "ns", "net")).LinkTarget == networkNamespace;
        }
        catch (IOException)
        {
            // No process, or one that ended meanwhile.
            return false;
        }
    }

    // Field 22 of proc(5)'s stat; the second, in parentheses, may hold anything.
    private static long StartOf(string process)
    {
        try
        {
            return long.Parse(File.ReadAllText(Path.Combine(process, "stat")).Split(") ")[^1].Split(' ')[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return long.MaxValue;
        }
    }

    private int PortOf(Transport transport) => transport == Transport.Tcp ? port : port + 1;

    private string QuestionTo(string host, int at, Transport transport, string request) => string.Create(
        CultureInfo.InvariantCulture,
        $"http://127.0.0.1:{port}/dial?host={host}&port={at}&protocol={(transport == Transport.Tcp ? "http" : "udp")}&request={request}&tries=1");

    private async Task<string> AskAsync(string what, string host, int at, Transport transport, string request)
    {
        string url = QuestionTo(host, at, transport, request);
        string answer = "";
        await Eventually.HoldsAsync(
            $"{Name} to get an answer from {what} at {host} by {transport}",
            () =>
            {
                using JsonDocument dialled = JsonDocument.Parse(Run("busybox", "wget", "-q", "-O", "-", url).Succeeded());
                answer = dialled.RootElement.TryGetProperty("responses", out JsonElement responses)
                    ? responses[0].GetString()!
                    : throw new InvalidOperationException(dialled.RootElement.GetRawText());
                return true;
            },
            Patience);
        return answer;
    }
}
