using System.Collections.Immutable;
using System.CommandLine;
using Netdcli.Access;
using Netdcli.Lookup;
using Netdcli.Output;
using Netplugin.Core.Model;
using Netplugin.Store;

namespace Netdcli.Verbs;

/// <summary><c>netdcli node forget</c>: says that a node is gone for good.</summary>
internal static class NodeVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store)
    {
        var host = new Argument<string>("host") { Description = "The node's host label, as in \"netdcli get nodes\"", HelpName = "HOST" };
        var format = FormatOption.Create("table", "json", "yaml");
        var forget = new Command("forget", "Forget a node that is gone for good: frees its blocks, its leases and what was bound there") { host, format };
        forget.SetAction(async (parsed, cancellationToken) =>
        {
            await using var cluster = session.OpenCluster(store.Choose(parsed, session));
            var name = parsed.GetValue(host)!;
            var forgotten = await cluster.ForgetNodeAsync(name, cancellationToken) ?? throw OneOf.NotFound("node", name, tenant: null);
            if (parsed.Format(format) is var asked and not OutputFormat.Table)
            {
                DocumentWriter.Write(terminal.Out, asked, Item(forgotten), VerbsJsonContext.Default.ForgottenNodeItem);
            }
            else
            {
                Write(terminal, forgotten);
            }

            return ExitCode.Ok;
        });
        return new("node", "Look after the cluster's nodes") { forget };
    }

    private static void Write(Terminal terminal, ForgottenNode node)
    {
        terminal.Out.Write($"forgot {Printable.Clean(node.Host)}\n");
        foreach (var block in node.Blocks)
        {
            terminal.Out.Write($"freed {block}\n");
        }

        foreach (var (network, block) in node.Leases)
        {
            terminal.Out.Write($"freed {block} of {Printable.Clean(network.ToString())}\n");
        }

        foreach (var endpoint in node.Removed)
        {
            terminal.Out.Write($"removed {Printable.Clean(endpoint.ToString())}\n");
        }

        foreach (var endpoint in node.Endpoints)
        {
            terminal.Out.Write($"unbound {Printable.Clean(endpoint.ToString())}\n");
        }

        if (node.IsPosted)
        {
            terminal.Error.Write($"The intent still names host {Printable.Clean(node.Host)}: post one without it, or other nodes go on to accept packets from its VTEP.\n");
        }
    }

    private static ForgottenNodeItem Item(ForgottenNode node) => new(
        node.Host, [.. node.Blocks.Select(block => block.ToString())],
        [.. node.Endpoints.Select(Item)],
        node.IsPosted,
        [.. node.Leases.Select(lease => new ForgottenLeaseItem(lease.Network.Tenant, lease.Network.Network, lease.Block.ToString()))],
        [.. node.Removed.Select(Item)]);

    private static ForgottenEndpointItem Item(EndpointId endpoint) => new(endpoint.Network.Tenant, endpoint.Network.Network, endpoint.Container);
}

/// <summary>What <c>node forget</c> shows.</summary>
/// <param name="Host">The host label.</param>
/// <param name="Freed">Blocks that other nodes may lease now.</param>
/// <param name="Unbound">Endpoints that were bound there and may start elsewhere now.</param>
/// <param name="Posted">True when the intent still names the host.</param>
/// <param name="Leases">Blocks of networks that other nodes may lease now.</param>
/// <param name="Removed">Endpoints of pods with labels that ran there, which are gone.</param>
internal sealed record ForgottenNodeItem(
    string Host, ImmutableArray<string> Freed, ImmutableArray<ForgottenEndpointItem> Unbound, bool Posted,
    ImmutableArray<ForgottenLeaseItem> Leases, ImmutableArray<ForgottenEndpointItem> Removed);

/// <summary>A block of a network in <see cref="ForgottenNodeItem"/>.</summary>
internal sealed record ForgottenLeaseItem(string Tenant, string Network, string Block);

/// <summary>An endpoint in <see cref="ForgottenNodeItem"/>.</summary>
internal sealed record ForgottenEndpointItem(string Tenant, string Network, string Container);
