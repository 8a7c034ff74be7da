using System.Text.Json.Serialization.Metadata;
using Netdcli.Access;
using Netdcli.Lookup;
using Netdcli.Output;
using Netdcli.Posting;
using Netplugin.Core.Flags;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netdcli.Legacy;

/// <summary>Runs a command line in the original's form.</summary>
/// <param name="terminal">Streams and environment.</param>
/// <param name="session">Leads to the store.</param>
/// <param name="flags">The flags that <c>parsed</c> was read by.</param>
internal sealed class LegacyCommand(Terminal terminal, Session session, LegacyFlags flags)
{
    /// <summary>Runs it and returns the exit code.</summary>
    public async Task<int> RunAsync(GoFlagResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.Error is { } error)
        {
            terminal.Error.Write($"{Printable.Clean(error)}\n{flags.Set.Usage()}");
            return ExitCode.Usage;
        }

        if (parsed.HelpRequested || parsed.Get(flags.Help))
        {
            terminal.Error.Write(flags.Set.Usage());
            return ExitCode.Ok;
        }

        if (parsed.Get(flags.StateStore) != "etcd")
        {
            throw new CliException($"-state-store {parsed.Get(flags.StateStore)} is not supported: etcd is, and without -etcd-url this host's own store");
        }

        RefuseStoreFlagsThatAreNotRead(parsed);
        var posts = parsed.Get(flags.Cfg) || parsed.Get(flags.AddCfg) || parsed.Get(flags.DelCfg) || parsed.Get(flags.HostBindingsCfg);
        return posts ? await PostAsync(parsed, cancellationToken) : await OperateAsync(parsed, cancellationToken);
    }

    private async Task<int> PostAsync(GoFlagResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.Positionals is not [var name, .. var ignored])
        {
            throw new CliException("the file to post is missing: name it after the flags, or - for standard input");
        }

        if (ignored.Length > 0)
        {
            terminal.Error.Write($"netdcli: warning: not read: {Printable.Clean(string.Join(' ', ignored))} (flags go before the file, and one file is posted)\n");
        }

        if (parsed.Get(flags.Cfg) && parsed.Get(flags.DelCfg) && !parsed.Get(flags.HostBindingsCfg))
        {
            throw new CliException("-cfg and -del-cfg contradict each other: give one", ExitCode.Usage);
        }

        var file = await IntentFile.ReadAsync(name, terminal, cancellationToken);
        var post = parsed.Get(flags.HostBindingsCfg) ? PostRequest.OfBindings(file)
            : PostRequest.OfIntent(file, parsed.Get(flags.Cfg) ? PostMode.Replace : parsed.Get(flags.DelCfg) ? PostMode.Delete : PostMode.Add);
        var choice = Choose(parsed);
        if (parsed.Get(flags.Debug))
        {
            Log("debug", $"{file.Name}: {file.Bytes.Length} bytes, to be posted to {choice.Description}");
        }

        await using var cluster = session.OpenCluster(choice);
        return await new Poster(terminal, cluster).PostAsync(post, cancellationToken);
    }

    private async Task<int> OperateAsync(GoFlagResult parsed, CancellationToken cancellationToken)
    {
        var (oper, construct) = (parsed.Get(flags.Oper), parsed.Get(flags.Construct));
        if (parsed.Positionals is not [var id])
        {
            terminal.Error.Write(flags.Set.Usage());
            return oper.Length == 0 && construct.Length == 0
                ? ExitCode.Ok
                : throw new CliException($"-oper takes exactly one id, {parsed.Positionals.Length} were given");
        }

        if (oper.Length == 0)
        {
            var meant = Nearest.To(id, Verbs.RootVerb.Names) is { } verb ? $" (or did you mean \"netdcli {verb}\"?)" : "";
            throw new CliException($"nothing to do with \"{id}\": give -cfg, -add-cfg, -del-cfg or -host-bindings-cfg, or -oper and -construct{meant}");
        }

        if (construct.Length == 0)
        {
            throw new CliException("-oper needs -construct: network or endpoint");
        }

        if (oper != "get")
        {
            throw new CliException($"-oper {oper} is not supported: it bypassed allocation. Use -add-cfg or -del-cfg with a file, or -host-bindings-cfg");
        }

        if (construct is not ("network" or "endpoint"))
        {
            throw new CliException($"-construct {construct} is not supported: \"netdcli get tenants -o json\" shows a tenant's pools, \"netdcli get networks\" what was allocated");
        }

        var tenant = parsed.IsSet(flags.Tenant) ? parsed.Get(flags.Tenant) : null;
        await using var cluster = session.OpenCluster(Choose(parsed));
        var state = (await cluster.LoadAsync(cancellationToken)).State;
        if (construct == "network")
        {
            var network = LegacyNetwork.Of(Network(state, id, tenant), state);
            Print(network, LegacyJsonContext.Default.LegacyNetwork, network.ToLogMessage());
        }
        else
        {
            var found = Lookups.EndpointsById(state, id, tenant);
            var endpoint = LegacyEndpoint.Of(OneOf.Require("endpoint", id, tenant, found, e => e.Id.ToString()));
            Print(endpoint, LegacyJsonContext.Default.LegacyEndpoint, endpoint.ToLogMessage());
        }

        return ExitCode.Ok;
    }

    private static NetworkRecord Network(ClusterState state, string id, string? tenant) =>
        OneOf.Require("network", id, tenant, Lookups.Networks(state, id, tenant), n => n.Id.ToString());

    private void Print<T>(T value, JsonTypeInfo<T> type, string message)
    {
        terminal.Out.Write(DocumentWriter.Json(value, type));
        terminal.Out.Write('\n');
        terminal.Out.Flush();
        Log("info", message);
    }

    private void Log(string level, string message) =>
        terminal.Error.Write($"{LogLine.Format(terminal.Clock.GetUtcNow(), level, message)}\n");

    private StoreChoice Choose(GoFlagResult parsed) => new StoreFlags(flags).Choose(parsed, terminal);

    // Go's rules end the flags at the file. Other flags after it were ignored by the original too, but one that names the store
    // would send the post somewhere else than its writer thinks.
    private void RefuseStoreFlagsThatAreNotRead(GoFlagResult parsed)
    {
        foreach (var word in parsed.Positionals.Skip(1).Where(w => w.StartsWith('-')))
        {
            var name = word.TrimStart('-').Split('=')[0];
            if (flags.StoreFlags.Any(f => f.Name == name))
            {
                throw new CliException($"-{name} stands after \"{parsed.Positionals[0]}\" and would not be read: put it first", ExitCode.Usage);
            }
        }
    }
}
