using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Api;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Binding;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Configuration;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Metrics;
using Netplugin.Agent.Observing;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Policies;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Planning;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Links;
using Netplugin.Linux.Sockets;
using Netplugin.NodeApi;
using Netplugin.Store;
using Netplugin.Store.Labels;

namespace Netplugin.Agent.Node;

/// <summary>Puts the daemon together, starts its parts in order, and stops them in reverse.</summary>
internal sealed class NodeDaemon : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();

    private NodeDaemon()
    {
    }

    /// <summary>Starts everything; returns when requests are served.</summary>
    /// <exception cref="Linux.KernelException">The kernel refuses what the daemon needs.</exception>
    /// <exception cref="StoreException">The embedded store cannot be opened.</exception>
    /// <exception cref="KubernetesException">The kubeconfig cannot be used.</exception>
    public static async Task<NodeDaemon> StartAsync(
        AgentOptions options, ISandboxes sandboxes, LogLevels levels, string version, ILogger log, CancellationToken cancellationToken)
    {
        var daemon = new NodeDaemon();
        try
        {
            await daemon.BuildAsync(options, sandboxes, levels, version, log, cancellationToken);
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }

    private async Task BuildAsync(
        AgentOptions options, ISandboxes sandboxes, LogLevels levels, string version, ILogger log, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        NodeLog.Starting(log, version, options.HostLabel, options.Store.IsEtcd ? options.Store.EtcdEndpoints! : options.Store.EmbeddedPath!);
        Directory.CreateDirectory(options.RunDirectory, OwnerOnly);
        Directory.CreateDirectory(options.StateDirectory, OwnerOnly);

        // Its lock keeps a second daemon away from the journal and the maps; clients wait in its queue from now on.
        var listener = UnixListener.Listen(options.Socket);
        Own(listener);
        var journalIsNew = !Directory.Exists(Path.Combine(options.RunDirectory, "attachments"));
        var journal = new AttachmentJournal(options.RunDirectory);
        if (!options.MountBpf && !BpfFileSystem.IsMounted(options.BpfDirectory))
        {
            throw new IOException($"there is no BPF file system for {options.BpfDirectory}: mount one on the host (mount -t bpf bpf /sys/fs/bpf, as systemd does)");
        }

        var bpf = BpfDatapath.Open(options.BpfDirectory, new DatapathSizes());
        var datapath = new KernelDatapath(bpf);
        Own(datapath);
        var driver = LinkDriver.Open();
        Own(driver);
        var underlayDriver = LinkDriver.Open();
        Own(underlayDriver);
        var links = new KernelLinks(driver, datapath.Stubs);
        var namespaces = new KernelNamespaces();
        var problems = new ProblemBoard();
        var metrics = new AgentMetrics();
        Own(metrics);
        var prometheus = new PrometheusText();
        Own(prometheus);

        var health = new StoreHealth(time);
        var store = new NotingStore(options.Store.Open(), health);
        Own(store);
        var identity = new NodeIdentity(
            options.HostLabel, options.Vtep, options.Blocks, options.Masquerade, token => StoreAddressAsync(options.Store, token), new KernelUnderlay(underlayDriver.Underlay), problems, log);
        await identity.RefreshAsync(cancellationToken);

        KernelLoop? loop = null;
        PodKeeper? keeper = null;
        KubernetesNode? kubernetes = null;
        KubernetesServices? services = null;
        KubernetesReports? reports = null;
        ResourcePoster? resources = null;
        NodeRegistration? registration = null;
        PolicyEngine? engine = null;
        KubernetesPolicies? policies = null;
        KubernetesPolicyEvents? policyEvents = null;
        var follower = new ClusterFollower(store, options.HostLabel, new StoreMemoryFile(options.StateDirectory), health, change =>
        {
            loop?.Mark(change);
            keeper?.Signal(change.Resolve);
            registration?.ViewChanged(change);
            engine?.ViewChanged(change);
        }, time, log);
        var access = Access(options);
        var retired = new RetiredLinks(links, log);
        Own(retired);
        var kernel = new NodeKernel(
            links, datapath, namespaces, journal, () => follower.View, () => follower.IsSettling, () => identity.Facts,
            () => access is null ? new ServiceState(DatapathState.Empty.Frontends, []) : services?.State, problems, follower.FollowNetworks, retired.Signal, time, log);
        kernel.Restore();
        if (options.Blocks.IsEmpty && kernel.BlocksInUse.Any())
        {
            // What runs goes on while Kubernetes or the store cannot be asked.
            identity.Serve([.. kernel.BlocksInUse.DistinctBy(used => used.IsV4).Select(used => new AddressBlock(used))]);
        }

        loop = new KernelLoop(kernel, () => keeper?.MayRemove == true, problems, metrics, time, log);
        Own(loop);
        Own(new NextHopFollower(loop, log));

        var unreadable = new UnreadablePolicies(problems, log);
        engine = new PolicyEngine(new PolicyEngineParts(
            options.HostLabel, bpf.Policies, access is null ? [] : KubernetesPolicies.Sources, () => follower.View, () => follower.IsSettling, () => kernel.Pods, unreadable, problems, metrics, log));
        Own(engine);
        kernel.PodSaved += _ => engine.PodsChanged();

        var cache = new SandboxCache(sandboxes, problems);
        var turns = new PodTurns();
        var reader = new EndpointReader(store);
        var binder = new Binder(store, options.HostLabel, health);
        var labelled = new LabelledEndpoints(store, options.HostLabel);
        var registry = new NodeRegistry(store);
        var leases = options.Pools.IsEmpty ? null : new LeasedBlocks(registry, options.Pools, identity, () => kernel.BlocksInUse, follower, problems, log);
        string? Awaited() => leases is not null ? leases.Awaited : kernel.ServesDefaultNetwork ? null : kubernetes?.Awaited;
        var pods = new PodService(
            loop, kernel, turns, reader, binder, labelled, follower, cache, retired, token => registration!.WhenRegisteredAsync(token), () => keeper?.Signal(resolve: false), Awaited,
            (request, token) => reports?.Labels.NetworksOfAsync(request, token) ?? Task.FromResult<WishedNetworks>(default),
            (pod, token) => policies?.EnforceAsync(pod, token) ?? engine.EnforceAsync(pod, token), time, log);
        keeper = new PodKeeper(new KeeperParts(
            pods, loop, kernel, turns, follower, reader, binder, store, cache, namespaces, retired, problems, journalIsNew, labelled, time, log));
        Own(keeper);
        Own(follower);
        var reporter = new NodeReporter(
            kernel, loop, keeper, follower, health, identity, problems, datapath, metrics, () => registration?.IsRegistered == true, engine.Samples, options.Store, version, time);
        registration = new NodeRegistration(
            store, registry, follower, identity, leases, reporter.ForCluster, () => loop.Mark(new ClusterChange(true, [], false)), version, log);
        Own(registration);
        if (access is not null)
        {
            var client = new KubernetesClient(access);
            Own(client);
            services = new KubernetesServices(client, options.HostLabel, options.SharedServices, () => loop.Mark(ClusterChange.OfServices), problems, log);
            Own(services);
            kubernetes = new KubernetesNode(
                client, options.HostLabel, identity, kernel, asksForBlocks: options.Blocks.IsEmpty && options.Pools.IsEmpty,
                () =>
                {
                    loop.Mark(new ClusterChange(true, [], false));
                    registration.IdentityChanged();
                }, services.Place, problems, log);
            Own(kubernetes);
            policies = new KubernetesPolicies(client, engine, unreadable, problems, log);
            Own(policies);
            reports = new KubernetesReports(client, options.HostLabel, kernel, pods, reporter, problems, time, log);
            Own(reports);
            resources = new ResourcePoster(
                client, options.HostLabel, store, async token => await follower.VerifyAsync(token) && !follower.IsSettling, problems, log);
            Own(resources);
            policyEvents = new KubernetesPolicyEvents(client, options.HostLabel, () => resources.IsPoster, unreadable, () => engine.Unfit, time, log);
            Own(policyEvents);
        }

        var observers = new PacketObservers(bpf.Policies, () => datapath.ReadCounters().Drops.Values.Sum(), engine, () => kernel.Pods, log);
        Own(observers);
        var pending = new PendingDeletes(options.PendingDirectory, pods, log);
        Own(pending);
        var exec = new ExecForm(pods, cache, namespaces, metrics, time, log);
        var readiness = new Readiness(pods, follower, health, problems);
        var requests = new NodeRequests(
            pods, loop, cache, health, readiness, namespaces, reporter, registration, new StoreProxy(store), engine, observers, exec, metrics, prometheus, levels, time, log);

        // The maps and links agree with the journal before anything else is believed or served.
        await loop.ResyncAsync();
        await pending.DrainAsync(cancellationToken);
        follower.Start();
        keeper.Start();
        registration.Start();
        engine.Start();
        policies?.Start();
        observers.Start();
        kubernetes?.Start();
        services?.Start();
        reports?.Start();
        resources?.Start();
        policyEvents?.Start();
        pending.Start();
        if (options.Metrics is { } address)
        {
            StartMetrics(address, prometheus, reporter, problems, log);
        }

        var server = new NodeApiServer(listener, requests, namespaces, metrics, log);
        Own(server);
        server.Start();
        var installation = new CniInstallation(options.CniFiles, () => readiness.Missing, problems, time, log);
        Own(installation);
        installation.Start();
        NodeLog.Ready(log, kernel.Pods.Count);
    }

    /// <summary>How the daemon reaches Kubernetes: as told, or as a pod of it; null: it runs on hosts without.</summary>
    public static ClusterAccess? Access(AgentOptions options) =>
        options.Kubeconfig.Length > 0 ? ClusterAccess.FromKubeconfig(options.Kubeconfig) : ClusterAccess.InCluster();

    private void StartMetrics(IPEndPoint address, PrometheusText prometheus, NodeReporter reporter, ProblemBoard problems, ILogger log)
    {
        try
        {
            var metrics = new MetricsListener(address, () => Task.FromResult(prometheus.Write(reporter.Samples())), log);
            Own(metrics);
            NodeLog.MetricsListening(log, metrics.Address.ToString()!);
        }
        catch (SocketException e)
        {
            // Pods matter more than their numbers.
            problems.Set("metrics", $"metrics are not served: {address} cannot be listened on ({e.Message}): give another -metrics-addr");
        }
    }

    /// <summary>An address of the store, to see which way this node's packets to its peers leave.</summary>
    private static async Task<IpAddr> StoreAddressAsync(StoreOptions store, CancellationToken cancellationToken)
    {
        if (!store.IsEtcd)
        {
            return IpAddr.Unspecified;
        }

        foreach (var endpoint in store.ToEtcd().Endpoints)
        {
            if (IpAddr.TryParse(endpoint.Host.Trim('[', ']'), out var literal))
            {
                return IsLoopback(literal) ? IpAddr.Unspecified : literal;
            }

            try
            {
                var addresses = await Dns.GetHostAddressesAsync(endpoint.DnsSafeHost, cancellationToken);
                if (addresses.Select(IpAddr.From).FirstOrDefault(a => !IsLoopback(a)) is { IsUnspecified: false } address)
                {
                    return address;
                }
            }
            catch (SocketException)
            {
                // A name that does not resolve now is tried again with the next refresh; the default route serves meanwhile.
            }
        }

        return IpAddr.Unspecified;
    }

    private static bool IsLoopback(IpAddr address) => IPAddress.IsLoopback(address.ToIPAddress());

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private void Own(IAsyncDisposable part) => _parts.Push(part);

    private void Own(IDisposable part) => _parts.Push(new Owned(part));

    private sealed class Owned(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
