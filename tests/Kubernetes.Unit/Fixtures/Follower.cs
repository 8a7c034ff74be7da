using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;

namespace Netplugin.Tests.Kubernetes.Unit.Fixtures;

/// <summary>Reads a follow step by step and keeps the objects that follow from it.</summary>
internal sealed class Follower<T> : IAsyncDisposable
    where T : class
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _cancel = new();
    private readonly IAsyncEnumerator<ResourceEvent<T>> _events;

    public Follower(KubernetesClient client, Resource<T> resource, ResourceSelector selector = default) =>
        _events = client.FollowAsync(resource, selector, _cancel.Token).GetAsyncEnumerator();

    public Dictionary<NamespacedName, T> Objects { get; } = [];

    public IEnumerable<string> Names => Objects.Keys.Select(name => name.Name).Order(StringComparer.Ordinal);

    public async Task<ResourceEvent<T>> NextAsync()
    {
        Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(Deadline));
        switch (_events.Current)
        {
            case ResourceEvent<T>.Snapshot(var objects):
                Objects.Clear();
                foreach (var (name, value) in objects)
                {
                    Objects.Add(name, value);
                }

                break;
            case ResourceEvent<T>.Changed(var changes):
                foreach (var (name, value) in changes)
                {
                    if (value is not null)
                    {
                        Objects[name] = value;
                    }
                    else
                    {
                        Objects.Remove(name);
                    }
                }

                break;
        }

        return _events.Current;
    }

    public async Task<TEvent> NextAsync<TEvent>()
        where TEvent : ResourceEvent<T> => Assert.IsType<TEvent>(await NextAsync());

    public async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync();
        try
        {
            // A read that is still waiting must have ended before the iterator can be disposed.
            while (await _events.MoveNextAsync())
            {
            }
        }
        catch (OperationCanceledException)
        {
            // How a follow ends.
        }

        await _events.DisposeAsync();
        _cancel.Dispose();
    }
}
