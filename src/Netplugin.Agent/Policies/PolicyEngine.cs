using System.Collections.Concurrent;
using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Pods;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Linux;

namespace Netplugin.Agent.Policies;

/// <summary>
/// Has the maps enforce the cluster's policies for what is attached here. One worker takes what is new of all facts, has it compiled, and writes it. Level-triggered: whoever has news only says so, and what is attached is
/// looked up each time.
/// </summary>
/// <remarks>
/// Nothing is written before every source was listed once, for a policy or a pod that is not known yet would be as good as none; until then the maps of the daemon before go on. Later a source that is away changes nothing.
/// </remarks>
internal sealed partial class PolicyEngine : IAsyncDisposable
{
    /// <summary>The topic of maps that do not take what is to be enforced.</summary>
    internal const string MapsTopic = "policies/maps";

    // While the nodes write their bindings anew after a reset of the store, which nobody announces the end of.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(15);

    private readonly PolicyEngineParts _parts;
    private readonly PolicyFacts _facts;
    private readonly PolicyMapWriter _writer;
    private readonly PolicyCompiler _compiler;
    private readonly ConcurrentQueue<Work> _work = new();
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<EndpointId> _dueEndpoints = [];
    private readonly List<Waiting> _waiting = [];
    private readonly Dictionary<IfIndex, LocalEndpoint> _attached = [];
    private readonly HashSet<PolicyId> _enforced = [];
    private readonly List<PolicySetting> _untold = [];
    private readonly HashSet<string> _unlisted;
    private ImmutableDictionary<PodKey, Pod>? _pods;
    private Dictionary<NetworkId, uint> _numbers = [];
    private Task _worker = Task.CompletedTask;
    private string _lacking = "it has just begun";
    private bool _isViewDue = true;
    private bool _isAllDue = true;
    private bool _knowsView;
    private bool _hasBegun;
    private bool _failed;
    private TimeSpan _retry = FirstRetry;
    private PolicyCounts _counts = new(0, 0, []);
    private (PolicyId Id, string Sentence)[] _unfit = [];

    /// <summary>Makes it, and looks at what the maps hold; <see cref="Start"/> begins.</summary>
    /// <param name="parts">What it works with.</param>
    /// <exception cref="KernelException">The maps cannot be read.</exception>
    public PolicyEngine(PolicyEngineParts parts)
    {
        _parts = parts;
        _unlisted = [.. parts.Sources];
        Denied = new(parts.Maps);
        _facts = new(parts.Node, hasKubernetes: parts.Sources.Length > 0);
        _writer = new(parts.Maps, network => _numbers.TryGetValue(network, out var number) ? number : null);
        _writer.Begin();
        _compiler = new(parts.Node, _writer.Generation, _writer.LastNumber);
    }

    /// <summary>What was denied, by whom.</summary>
    public DeniedBook Denied { get; }

    /// <summary>Begins.</summary>
    public void Start()
    {
        _worker = Task.Run(WorkAsync);
        Signal();
    }

    /// <summary>Says that the store's view is another. Does not wait.</summary>
    public void ViewChanged(ClusterChange change)
    {
        lock (_gate)
        {
            if (!change.Everything && !change.Policies && change.Endpoints.IsEmpty)
            {
                return;
            }

            _isViewDue = true;
            _isAllDue |= change.Everything;
            _dueEndpoints.UnionWith(change.Endpoints.Select(one => one.Id));
        }

        Signal();
    }

    /// <summary>Says that pods may have other attachments. Does not wait.</summary>
    public void PodsChanged() => Signal();

    /// <summary>Tells facts.</summary>
    /// <param name="tell">Tells them.</param>
    /// <param name="listed">The source that these are all of; null: they are changes.</param>
    /// <returns>Ends when they are taken: who tells more then waits for the worker.</returns>
    public Task TellAsync(Action<PolicyFacts> tell, string? listed = null) => AskAsync(facts =>
    {
        tell(facts);
        _unlisted.Remove(listed ?? "");
        return true;
    });

    /// <summary>Asks what is known.</summary>
    /// <param name="ask">Asks it.</param>
    /// <param name="afterPass">True: when what was told before is enforced, or could not be.</param>
    public Task<T> AskAsync<T>(Func<PolicyFacts, T> ask, bool afterPass = false)
    {
        // Whatever the question throws, who asked gets it, and the worker goes on with the next.
        var answer = new Task<T>(() => ask(_facts), TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Enqueue(new(answer, null, afterPass));
        Signal();
        return answer.WaitAsync(_stop.Token);
    }

    /// <summary>Waits until policies are enforced for a pod that is attached.</summary>
    /// <exception cref="NotReadyException">That is not so within some seconds, or cannot be, and why.</exception>
    public async Task EnforceAsync(Pod pod, CancellationToken cancellationToken)
    {
        var waiting = new Waiting([.. pod.Attachments.Select(attachment => attachment.Endpoint)], new(TaskCreationOptions.RunContinuationsAsynchronously));
        _work.Enqueue(new(null, waiting));
        Signal();
        try
        {
            await waiting.Enforced.Task.WaitAsync(_parts.Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new NotReadyException($"policies cannot be enforced for the pod yet, which starts when they can: {Volatile.Read(ref _lacking)}");
        }
        finally
        {
            waiting.Enforced.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _due.Dispose();
    }

    private void Signal()
    {
        lock (_gate)
        {
            if (_due.CurrentCount == 0 && !_stop.IsCancellationRequested)
            {
                _due.Release();
            }
        }
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            await _due.WaitAsync(_failed ? _retry : _isViewDue ? LookAgain : Timeout.InfiniteTimeSpan, _stop.Token);

            // Those who have given up: pods are tried again and again, while a source may be away for days.
            _waiting.RemoveAll(waiting => waiting.Enforced.Task.IsCompleted);
            List<Task> later = [];
            while (_work.TryDequeue(out var work))
            {
                if (work is { AfterPass: true, Take: { } take })
                {
                    later.Add(take);
                    continue;
                }

                work.Take?.RunSynchronously(TaskScheduler.Default);
                if (work.Waiting is { } waiting)
                {
                    _waiting.Add(waiting);
                }
            }

            try
            {
                Pass();
                _retry = FirstRetry;
                _failed = false;
                _parts.Problems.Set(MapsTopic, null);
            }
            catch (KernelException e)
            {
                Failed(e.Message);
            }

            later.ForEach(take => take.RunSynchronously(TaskScheduler.Default));
        }
    }

    /// <summary>Has enforced what is known, if all is known that must be.</summary>
    private void Pass()
    {
        var pods = _parts.Pods();
        if (!ReferenceEquals(pods, _pods))
        {
            _facts.SetLocals(LocalEndpoint.Of(pods.Values));
            _pods = pods;
        }

        TakeView(pods);
        if (Lacking() is { } lacking)
        {
            Volatile.Write(ref _lacking, lacking);
            return;
        }

        var began = TimeProvider.System.GetTimestamp();
        Attach(pods);
        foreach (var setting in _facts.Take())
        {
            setting.Tell(_compiler);
            if (setting is PolicySetting.PolicyIs or PolicySetting.PolicyGone)
            {
                _untold.Add(setting);
            }
        }

        _compiler.Sizes = _writer.Room;
        var changes = _compiler.TakeChanges();
        if (changes.Count > 0 || !_hasBegun || _failed)
        {
            Denied.Name(changes);
            _writer.Apply(changes);
            var elapsed = TimeProvider.System.GetElapsedTime(began);
            _parts.Metrics.PoliciesApplied(elapsed);
            PolicyLog.Applied(_parts.Log, _writer.Generation, changes.Count, elapsed);
        }

        Volatile.Write(ref _counts, new(_writer.Generation, _attached.Count, [.. _facts.CountPolicies()]));
        TellUntold();
        Answer(isFinal: changes.Count == 0);

        // Nobody waits for this. What it makes room for may be what an endpoint lacks.
        _writer.RemoveFormer();
        Denied.Removed(_writer.TakeCounted());
        if (_compiler.Unfit.Count > 0 && changes.Count > 0)
        {
            Signal();
        }
    }

    /// <summary>Tells who waits that it is so, or that there is no room for it.</summary>
    /// <param name="isFinal">False: there may be more room in a moment.</param>
    private void Answer(bool isFinal)
    {
        foreach (var waiting in _waiting.ToArray())
        {
            // Who is in its network is heard of after the network is followed, and with the view that is not taken yet.
            NetworkId[] unlisted = [.. waiting.Endpoints.Select(endpoint => endpoint.Network).Where(network => !_facts.Follows(network))];
            if (unlisted.Length > 0)
            {
                Volatile.Write(ref _lacking, $"the endpoints of {string.Join(", ", unlisted)} were not listed yet, or of the last post only a part was heard");
                continue;
            }

            var closed = _compiler.Unfit.FirstOrDefault(unfit => unfit.IsClosed && waiting.Endpoints.Contains(unfit.Endpoint));
            if (closed is null)
            {
                waiting.Enforced.TrySetResult();
            }
            else if (isFinal)
            {
                waiting.Enforced.TrySetException(new NotReadyException(SentenceOf(closed)));
            }
            else
            {
                continue;
            }

            _waiting.Remove(waiting);
        }
    }

    private void TakeView(ImmutableDictionary<PodKey, Pod> pods)
    {
        // What the store does not have is gone only when it was listed, and when its nodes have written what they have; and of a post that was heard in part nothing holds.
        bool IsListed(ClusterView view) => view.IsListed && view.HasWholePosts && pods.Values.SelectMany(pod => pod.Attachments)
            .All(a => a.IsInDefaultNetwork || view.Network(a.Endpoint.Network) is null || view.Endpoints.ContainsKey(a.Endpoint.Network));

        EndpointId[] endpoints;
        bool isAll;
        ClusterView view;
        lock (_gate)
        {
            if (!_isViewDue || (_knowsView && _parts.IsSettling()))
            {
                return;
            }

            // Read after it was said to be another, so that it is not older than what was said.
            view = _parts.View();
            if (!IsListed(view))
            {
                return;
            }

            (endpoints, isAll) = ([.. _dueEndpoints], _isAllDue);
            (_isViewDue, _isAllDue) = (false, false);
            _dueEndpoints.Clear();
        }

        _facts.SetView(view, endpoints, isAll);
        _parts.Unreadable.Note(_facts.UnreadableIntent(), isAllOf: PolicyKind.Intent);
        _knowsView = true;
    }

    private string? Lacking() =>
        !_knowsView ? "the store's policies, groups and endpoints were not listed yet"
        : _unlisted.Order(StringComparer.Ordinal).FirstOrDefault() is { } what ? _parts.Problems.Get(TopicOf(what)) ?? $"{what} of Kubernetes were not listed yet"
        : null;

    /// <summary>Gives devices to the endpoints that are behind them, and numbers to their networks.</summary>
    private void Attach(ImmutableDictionary<PodKey, Pod> pods)
    {
        var locals = LocalEndpoint.Of(pods.Values).ToDictionary(local => local.Device);
        foreach (var device in _attached.Keys.Where(device => !locals.ContainsKey(device)).ToArray())
        {
            _writer.Detach(device);
            _attached.Remove(device);
        }

        foreach (var (device, local) in locals)
        {
            if (!_attached.TryGetValue(device, out var known) || (known.Id, known.Number) != (local.Id, local.Number))
            {
                _writer.Attach(local.Id, device, local.Number);
                _attached[device] = local;
            }
        }

        var numbers = locals.Values.DistinctBy(local => local.Id.Network).ToDictionary(local => local.Id.Network, local => local.DatapathId);
        if (numbers.Count != _numbers.Count || numbers.Except(_numbers).Any())
        {
            _numbers = numbers;
            if (_hasBegun)
            {
                _writer.NumbersChanged();
            }
        }
    }

    private void Failed(string reason)
    {
        var problem = $"policies are enforced as they were before the last change, and no pod starts here, for the maps do not take what is to be enforced: {reason}";
        if (_parts.Problems.Set(MapsTopic, problem))
        {
            PolicyLog.Problem(_parts.Log, problem);
        }

        _waiting.ForEach(waiting => waiting.Enforced.TrySetException(new NotReadyException(problem)));
        _waiting.Clear();
        _retry = _failed && _retry * 2 < LastRetry ? _retry * 2 : _failed ? LastRetry : FirstRetry;
        _failed = true;
    }

    // Something to be taken from the facts, or told to them; or somebody who waits.
    private readonly record struct Work(Task? Take, Waiting? Waiting, bool AfterPass = false);

    private sealed record Waiting(ImmutableArray<EndpointId> Endpoints, TaskCompletionSource Enforced);
}
