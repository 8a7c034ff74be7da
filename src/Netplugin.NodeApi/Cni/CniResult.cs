using System.Collections.Immutable;

namespace Netplugin.NodeApi.Cni;

/// <summary>
/// What a CNI ADD answers, in no version's shape (CNI specification 1.1.0, section 5, "Success"). <see cref="CniResultJson"/> reads and writes
/// the versions' shapes.
/// </summary>
/// <param name="Interfaces">Interfaces made, in the pod and on the host.</param>
/// <param name="Ips">Addresses given.</param>
/// <param name="Routes">Routes made in the pod.</param>
/// <param name="Dns">Name servers; null when none are told.</param>
public sealed record CniResult(
    ImmutableArray<CniInterface> Interfaces, ImmutableArray<CniIp> Ips, ImmutableArray<CniRoute> Routes, CniDns? Dns = null)
{
    /// <summary>Nothing made.</summary>
    public static CniResult Empty { get; } = new([], [], []);

    /// <summary>
    /// This result after those of an earlier plugin in the chain: theirs first, ours appended, with our addresses' interface numbers
    /// moved behind their interfaces. Their name servers win where they gave some.
    /// </summary>
    public CniResult After(CniResult previous)
    {
        ArgumentNullException.ThrowIfNull(previous);
        var offset = previous.Interfaces.Length;
        return new(
            [.. previous.Interfaces, .. Interfaces],
            [.. previous.Ips, .. Ips.Select(ip => ip with { Interface = ip.Interface + offset })],
            [.. previous.Routes, .. Routes],
            previous.Dns is { IsEmpty: false } ? previous.Dns : Dns);
    }

    /// <summary>
    /// CHECK: compares this (what we hold for the container) with the <c>prevResult</c> the runtime kept. Other plugins' entries there are
    /// not looked at.
    /// </summary>
    /// <returns>A sentence for each difference; empty when the runtime's picture is ours.</returns>
    public ImmutableArray<string> DifferencesFrom(CniResult kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        var differences = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < Interfaces.Length; i++)
        {
            var mine = Interfaces[i];
            var index = FindInterface(kept, mine);
            if (index < 0)
            {
                differences.Add($"prevResult has no interface {mine.Name}{(mine.Sandbox.Length > 0 ? " in the pod" : " on the host")}");
                continue;
            }

            var theirs = kept.Interfaces[index];
            if (mine.Mac.Length > 0 && theirs.Mac.Length > 0 && !string.Equals(mine.Mac, theirs.Mac, StringComparison.OrdinalIgnoreCase))
            {
                differences.Add($"interface {mine.Name} has MAC {mine.Mac}, prevResult says {theirs.Mac}");
            }

            foreach (var ip in Ips.Where(ip => ip.Interface == i))
            {
                if (!kept.Ips.Any(other => other.Address == ip.Address && (other.Interface is null || other.Interface == index)))
                {
                    differences.Add($"interface {mine.Name} has address {ip.Address}, which prevResult does not say");
                }
            }
        }

        return differences.ToImmutable();
    }

    private static int FindInterface(CniResult kept, CniInterface wanted)
    {
        for (var i = 0; i < kept.Interfaces.Length; i++)
        {
            // The namespace's path may be spelled in another way by now; that it is inside a pod is what must agree.
            if (kept.Interfaces[i].Name == wanted.Name && (kept.Interfaces[i].Sandbox.Length > 0) == (wanted.Sandbox.Length > 0))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public bool Equals(CniResult? other) =>
        other is not null && Interfaces.SequenceEqual(other.Interfaces) && Ips.SequenceEqual(other.Ips)
        && Routes.SequenceEqual(other.Routes) && Equals(Dns, other.Dns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Interfaces.Length, Ips.Length, Routes.Length);
}

/// <summary>An interface of a result.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mac">Its Ethernet address; may be empty.</param>
/// <param name="Sandbox">Path of the network namespace it is in; empty on the host.</param>
/// <param name="Mtu">MTU in bytes, from 1.1.0 on; 0 = not told.</param>
/// <param name="SocketPath">A vhost-user socket, from 1.1.0 on; may be empty.</param>
/// <param name="PciId">A PCI device, from 1.1.0 on; may be empty.</param>
public sealed record CniInterface(
    string Name, string Mac = "", string Sandbox = "", int Mtu = 0, string SocketPath = "", string PciId = "");

/// <summary>An address of a result.</summary>
/// <param name="Address">Address and prefix length, <c>11.1.0.1/24</c>.</param>
/// <param name="Gateway">The subnet's gateway; empty for none.</param>
/// <param name="Interface">Index into the result's interfaces; null = not told.</param>
public sealed record CniIp(string Address, string Gateway = "", int? Interface = null);

/// <summary>A route of a result; the numbers exist from 1.1.0 on.</summary>
/// <param name="Dst">Destination prefix.</param>
/// <param name="Gw">Next hop; empty = on link or the address's gateway.</param>
/// <param name="Mtu">Path MTU in bytes.</param>
/// <param name="AdvMss">Advertised MSS in bytes.</param>
/// <param name="Priority">Metric, lower wins.</param>
/// <param name="Table">Routing table.</param>
/// <param name="Scope">Scope (rtnetlink(7)).</param>
public sealed record CniRoute(
    string Dst, string Gw = "", long? Mtu = null, long? AdvMss = null, long? Priority = null, long? Table = null, long? Scope = null);

/// <summary>Name servers of a result.</summary>
/// <param name="Nameservers">Addresses in order of priority.</param>
/// <param name="Domain">The local domain; may be empty.</param>
/// <param name="Search">Search domains in order.</param>
/// <param name="Options">Resolver options.</param>
public sealed record CniDns(
    ImmutableArray<string> Nameservers, string Domain, ImmutableArray<string> Search, ImmutableArray<string> Options)
{
    /// <summary>True when nothing is told.</summary>
    public bool IsEmpty => Nameservers.IsEmpty && Domain.Length == 0 && Search.IsEmpty && Options.IsEmpty;

    /// <inheritdoc/>
    public bool Equals(CniDns? other) =>
        other is not null && Domain == other.Domain && Nameservers.SequenceEqual(other.Nameservers)
        && Search.SequenceEqual(other.Search) && Options.SequenceEqual(other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Nameservers.Length, Domain, Search.Length, Options.Length);
}
