using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using Netdcli.Access;
using Netdcli.Lookup;
using Netdcli.Output;
using Netdcli.Views;

namespace Netdcli.Verbs;

/// <summary><c>netdcli get</c>: shows what is posted and where it runs.</summary>
/// <param name="terminal">Where to write.</param>
/// <param name="view">What there is.</param>
/// <param name="format">How to write it.</param>
/// <param name="tenant">Narrows to one tenant; null = all.</param>
internal sealed class GetVerb(Terminal terminal, ClusterView view, OutputFormat format, string? tenant)
{
    private static readonly string[] Resources = ["all", "hosts", "nodes", "tenants", "networks", "endpoints", "groups", "policies"];

    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store)
    {
        var resource = new Argument<string>("resource")
        {
            Description = "hosts, nodes, tenants, networks, endpoints, groups, policies, or all",
            HelpName = "RESOURCE",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "all",
        };
        resource.CompletionSources.Add(Resources);
        resource.Validators.Add(result =>
        {
            var word = result.Tokens.Count == 0 ? "all" : result.Tokens[0].Value;
            if (!Resources.Contains(Plural(word)))
            {
                var meant = Nearest.To(word, Resources) is { } nearest ? $"; did you mean {nearest}?" : "";
                result.AddError($"there is no resource \"{word}\": hosts, nodes, tenants, networks, endpoints, groups and policies can be shown{meant}");
            }
        });
        var name = new Argument<string?>("name") { Description = "Only this one", HelpName = "NAME", Arity = ArgumentArity.ZeroOrOne };
        var tenant = new Option<string?>("--tenant", "-t", "-tenant") { Description = "Only what belongs to this tenant", HelpName = "NAME" };
        var format = FormatOption.Create("table", "wide", "json", "yaml");
        var command = new Command("get", "Show hosts, nodes, tenants, networks, endpoints, groups or policies") { resource, name, tenant, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var cluster = session.OpenCluster(store.Choose(parsed, session));
            var view = await cluster.LoadAsync(cancellationToken);
            var verb = new GetVerb(terminal, view, parsed.Format(format), parsed.GetValue(tenant));
            verb.Show(Plural(parsed.GetValue(resource)!), parsed.GetValue(name));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The resource that a command line names, in the plural.</summary>
    public static string ResourceOf(ParseResult parsed) => Plural(parsed.GetValue<string>("resource") ?? "all");

    /// <summary>The resource's name in the plural, from the singular or a short form.</summary>
    public static string Plural(string word) => word switch
    {
        "host" => "hosts",
        "node" => "nodes",
        "tenant" => "tenants",
        "network" or "net" or "nets" => "networks",
        "endpoint" or "ep" or "eps" => "endpoints",
        "group" => "groups",
        "policy" => "policies",
        _ => word,
    };

    private void Show(string resource, string? name)
    {
        var json = ItemsJsonContext.Default;
        switch (resource)
        {
            case "hosts":
                Write("hosts", Named("host", name, ItemsOf.Hosts(view), h => h.Name), Columns.Hosts, json.ImmutableArrayHostItem);
                break;
            case "nodes":
                Write("nodes", Named("node", name, ItemsOf.Nodes(view), n => n.Host), Columns.Nodes(terminal.Clock.GetUtcNow()), json.ImmutableArrayNodeItem);
                break;
            case "tenants":
                Write("tenants", Named("tenant", name, ItemsOf.Tenants(view, tenant), t => t.Name), Columns.Tenants, json.ImmutableArrayTenantItem);
                break;
            case "networks":
                Write("networks", Networks(name), Columns.Networks, json.ImmutableArrayNetworkItem);
                break;
            case "endpoints":
                Write("endpoints", Endpoints(name), Columns.Endpoints, json.ImmutableArrayEndpointItem);
                break;
            case "groups":
                Write("groups", Named("group", name, ItemsOf.Groups(view, tenant), g => g.Group), Columns.Groups, json.ImmutableArrayGroupItem);
                break;
            case "policies":
                Write("policies", Named("policy", name, ItemsOf.Policies(view, tenant), p => p.Policy), Columns.Policies, json.ImmutableArrayPolicyItem);
                break;
            default:
                ShowAll();
                break;
        }
    }

    private void ShowAll()
    {
        var all = ItemsOf.All(view, tenant);
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            DocumentWriter.Write(terminal.Out, format, all, ItemsJsonContext.Default.ClusterItems);
            return;
        }

        Section(all.Nodes, Columns.Nodes(terminal.Clock.GetUtcNow()));
        Section(all.Tenants, Columns.Tenants);
        Section(all.Networks, Columns.Networks);
        Section(all.Endpoints, Columns.Endpoints);
        Section(all.Groups, Columns.Groups);
        Section(all.Policies, Columns.Policies);
        if (all.Tenants.Length == 0)
        {
            terminal.Error.Write("Nothing is posted. \"netdcli -cfg FILE\" posts an intent.\n");
        }
    }

    private void Section<T>(ImmutableArray<T> items, IReadOnlyList<Column<T>> columns)
    {
        if (items.Length > 0)
        {
            TableWriter.Write(terminal.Out, terminal.Colour, format == OutputFormat.Wide, columns, items);
            terminal.Out.Write('\n');
        }
    }

    private ImmutableArray<NetworkItem> Networks(string? name)
    {
        if (name is null)
        {
            return ItemsOf.Networks(view, view.State.Networks.Values.Where(n => tenant is null || n.Id.Tenant == tenant));
        }

        var found = Lookups.Networks(view.State, name, tenant);
        return found.Length > 0 ? ItemsOf.Networks(view, found) : throw OneOf.NotFound("network", name, tenant);
    }

    private ImmutableArray<EndpointItem> Endpoints(string? name)
    {
        if (name is null)
        {
            return ItemsOf.Endpoints(view, view.State.Endpoints.Values.Where(e => tenant is null || e.Id.Network.Tenant == tenant));
        }

        var found = Lookups.Endpoints(view.State, name, tenant);
        return found.Length > 0 ? ItemsOf.Endpoints(view, found) : throw OneOf.NotFound("endpoint", name, tenant);
    }

    private ImmutableArray<T> Named<T>(string kind, string? name, ImmutableArray<T> items, Func<T, string> nameOf) =>
        name is null ? items
        : items.Where(i => nameOf(i) == name).ToImmutableArray() is { Length: > 0 } found ? found
        : throw OneOf.NotFound(kind, name, tenant);

    private void Write<T>(string kind, ImmutableArray<T> items, IReadOnlyList<Column<T>> columns, JsonTypeInfo<ImmutableArray<T>> type)
    {
        if (Answer.Write(terminal, format, items, type, columns, items) && items.Length == 0)
        {
            terminal.Error.Write($"There are no {kind}{(tenant is null ? "" : $" in tenant \"{tenant}\"")}.\n");
        }
    }
}
