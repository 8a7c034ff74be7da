using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Loop;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Kubernetes;
using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Store.Json;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Kubernetes;

/// <summary>Tenant and Network resources posted, from what an API server says to the store and back.</summary>
public sealed class ResourcePosterTests : IAsyncLifetime
{
    private const string Blue = """{"subnetPool":"11.1.0.0/16","vxlans":"100-103"}""";
    private const string Orange = """{"tenant":"blue"}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-resources-").FullName;
    private readonly FakeResources _cluster = new();
    private readonly ProblemBoard _problems = new();
    private readonly KubernetesClient _client;
    private SwitchedStore _store = null!;
    private ClusterRepository _repository = null!;

    public ResourcePosterTests() => _client = _cluster.Client();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _store = new(EmbeddedStore.Open(Path.Combine(_folder, "store.db")));
        _repository = new(_store, "the test");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_tenant_and_a_network_are_held_posted_and_told()
    {
        _cluster.Apply("tenants", "blue", Blue);
        _cluster.Apply("networks", "orange", Orange);
        await using var poster = Start();

        await ReadyAsync("tenants", "blue", "True Posted: tenant \"blue\" is posted");
        await ReadyAsync("networks", "orange", "True Posted: network blue/orange has VNI 100 and subnet 11.1.0.0/24");
        var network = _cluster.Get("networks", "orange")!;
        Assert.Equal(["netplugin.io/posted"], network["metadata"]!["finalizers"]!.AsArray().Select(one => (string?)one));
        Assert.Equal((1, 100, "11.1.0.0/24"), ((int)network["status"]!["observedGeneration"]!, (int)network["status"]!["vni"]!, (string?)network["status"]!["subnet"]));
        Assert.Equal("Ready", (string?)network["status"]!["conditions"]![0]!["type"]);
        Assert.Equal("orange", (await StateAsync()).Networks[new("blue", "orange")].Resource);

        // What is changed is posted; one that says nothing wrong is told nothing new.
        var told = _cluster.Statuses;
        _cluster.Apply("networks", "orange", """{"tenant":"blue","gateway":"11.1.0.254"}""");
        await Eventually.HoldsAsync("the gateway", async () => (await StateAsync()).Networks[new("blue", "orange")].Gateway.ToString() == "11.1.0.254");
        await Eventually.HoldsAsync("the status", () => (string?)_cluster.Get("networks", "orange")!["status"]!["gateway"] == "11.1.0.254");
        Assert.Equal(told + 1, _cluster.Statuses);
    }

    [Fact]
    public async Task Who_posted_first_has_it_and_the_other_is_told_why()
    {
        await PostAsync("""{"Tenants":[{"Name":"blue","SubnetPool":"11.1.0.0/16","VXLANs":"100-103","Networks":[{"Name":"orange"}]}]}""");
        _cluster.Apply("networks", "orange", """{"tenant":"blue","tag":7}""");
        _cluster.Apply("networks", "purple", """{"tenant":"blue","tag":9}""");
        await using var poster = Start();

        await ReadyAsync("networks", "orange", "False Conflict: network blue/orange was posted with netdcli before; remove it there (netdcli -del-cfg), or delete this resource");
        await ReadyAsync("networks", "purple", "True Posted: network blue/purple has VNI 9 and subnet 11.1.1.0/24");
        Assert.Equal(100u, (await StateAsync()).Networks[new("blue", "orange")].Tag);

        var refused = await _repository.PostAsync(state => Plan(state, """{"Tenants":[{"Name":"blue","Networks":[{"Name":"purple","PktTag":8}]}]}""", PostMode.Add), Cancel);
        Assert.Contains("delete the Network resource \"purple\" first", Assert.Single(refused.Result.Errors).Message, StringComparison.Ordinal);

        // What netdcli removes, the resource that waited for it has.
        await PostAsync("""{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange"}]}]}""", PostMode.Delete);
        await ReadyAsync("networks", "orange", "True Posted: network blue/orange has VNI 7 and subnet 11.1.0.0/24");
    }

    [Fact]
    public async Task A_network_with_a_pod_stays_until_the_pod_is_gone_and_its_tenant_with_it()
    {
        _cluster.Apply("tenants", "blue", Blue);
        _cluster.Apply("networks", "orange", Orange);
        await using var poster = Start();
        await ReadyAsync("networks", "orange", "True Posted");
        await PostAsync("""{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange","Endpoints":[{"Container":"web"}]}]}]}""", PostMode.Add);
        await BindAsync(new("host1", "sandbox", "eth0"));

        _cluster.Delete("tenants", "blue");
        _cluster.Delete("networks", "orange");

        await ReadyAsync("networks", "orange", "False InUse: network blue/orange has 1 pod: web on host1; it is removed when they are gone");
        await ReadyAsync("tenants", "blue", "False InUse: tenant \"blue\" has 1 network: blue/orange (Network resource \"orange\"); it is removed when they are");

        // A node that unbinds an endpoint makes no post.
        await BindAsync(null);
        await ReadyAsync("networks", "orange", "False InUse: network blue/orange has 1 endpoint without a pod: web; it is removed when they are gone");
        await PostAsync("""{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange","Endpoints":[{"Container":"web"}]}]}]}""", PostMode.Delete);
        await Eventually.HoldsAsync("both to be gone", () => _cluster.Get("networks", "orange") is null && _cluster.Get("tenants", "blue") is null);
        Assert.Empty((await StateAsync()).Tenants);
    }

    [Fact]
    public async Task One_node_posts_and_another_takes_over()
    {
        var first = Start("host1");
        await Eventually.HoldsAsync("the first", async () => await HolderAsync() == "host1");
        await using var second = Start("host2");
        _cluster.Apply("tenants", "blue", Blue);
        await ReadyAsync("tenants", "blue", "True Posted");
        Assert.Equal("host1", await HolderAsync());

        await first.DisposeAsync();

        _cluster.Apply("networks", "orange", Orange);
        await ReadyAsync("networks", "orange", "True Posted");
        Assert.Equal("host2", await HolderAsync());
    }

    [Fact]
    public async Task Where_the_resources_are_not_known_nothing_happens_until_they_are()
    {
        _cluster.IsInstalled = false;
        _cluster.Apply("tenants", "blue", Blue);
        await using var poster = Start();
        await Eventually.HoldsAsync("the question", () => _cluster.Calls.Any());
        Assert.Empty(_problems.All);
        Assert.Equal(["/apis/netplugin.io/v1alpha1"], _cluster.Calls.Select(call => call.Path).Distinct());

        _cluster.IsInstalled = true;

        await ReadyAsync("tenants", "blue", "True Posted");
    }

    [Fact]
    public async Task A_store_that_is_away_is_told_of_what_is_not_posted_alone_and_all_is_posted_when_it_is_back()
    {
        _cluster.Apply("tenants", "blue", Blue);
        await using var poster = Start();
        await ReadyAsync("tenants", "blue", "True Posted");

        _store.IsAway = true;
        _cluster.Apply("networks", "orange", Orange);
        await Eventually.HoldsAsync("the finalizer or the status", () => _cluster.Ready("networks", "orange")?.StartsWith("False StoreUnavailable: it waits for the store: ", StringComparison.Ordinal) == true);
        await ReadyAsync("tenants", "blue", "True Posted");

        _store.IsAway = false;
        await ReadyAsync("networks", "orange", "True Posted");
    }

    [Fact]
    public async Task A_right_that_is_missing_is_a_problem_of_the_node_and_holds_up_no_post()
    {
        _cluster.RefusesStatus = true;
        _cluster.Apply("tenants", "blue", Blue);
        await using var poster = Start();

        await Eventually.HoldsAsync("the problem", () => _problems.All.Any(one => one.Contains("RBAC lacks the verb \"patch\" on \"tenants.netplugin.io/status\"", StringComparison.Ordinal)));
        await Eventually.HoldsAsync("the tenant", async () => (await StateAsync()).Tenants.ContainsKey("blue"));

        _cluster.RefusesStatus = false;
        await ReadyAsync("tenants", "blue", "True Posted");
        await Eventually.HoldsAsync("no problem", () => _problems.All.IsEmpty);
    }

    [Fact]
    public async Task A_store_that_is_held_back_is_not_written_to()
    {
        var mayWrite = false;
        _cluster.Apply("tenants", "blue", Blue);
        var asked = 0;
        await using var poster = Start(mayWrite: () =>
        {
            Interlocked.Increment(ref asked);
            return mayWrite;
        });
        await Eventually.HoldsAsync("the question", () => Volatile.Read(ref asked) > 0);
        Assert.Null(await HolderAsync());

        mayWrite = true;

        await ReadyAsync("tenants", "blue", "True Posted");
    }

    private static PlanResult Plan(ClusterState state, string json, PostMode mode) => Planner.Plan(state, IntentReader.Read(Encoding.UTF8.GetBytes(json)).Value!, mode);

    private ResourcePoster Start(string host = "host1", Func<bool>? mayWrite = null)
    {
        var poster = new ResourcePoster(_client, host, _store, _ => Task.FromResult(mayWrite?.Invoke() ?? true), _problems, NullLogger.Instance);
        poster.Start();
        return poster;
    }

    private async Task<ClusterState> StateAsync() => (await _repository.LoadAsync(Cancel)).State;

    private async Task PostAsync(string json, PostMode mode = PostMode.Add) =>
        Assert.Empty((await _repository.PostAsync(state => Plan(state, json, mode), Cancel)).Result.Errors);

    private async Task BindAsync(EndpointBinding? binding)
    {
        var endpoint = (await StateAsync()).Endpoints[new(new("blue", "orange"), "web")] with { Binding = binding };
        await _store.CommitAsync(new([], [new StoreOperation.Put(StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(endpoint))]), Cancel);
    }

    private async Task<string?> HolderAsync() =>
        await _store.GetAsync(StoreKeys.ResourcesPoster, Cancel) is { } entry ? Encoding.UTF8.GetString(entry.Value.Span) : null;

    private Task ReadyAsync(string kind, string name, string begins) => Eventually.HoldsAsync(
        $"{kind} {name} to say {begins}",
        () => _cluster.Ready(kind, name)?.StartsWith(begins, StringComparison.Ordinal) == true ? true : throw new InvalidOperationException(_cluster.Ready(kind, name)));
}
