using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Unit.Fixtures;

/// <summary>Reads a follow step by step and keeps the objects that follow from it.</summary>
internal sealed class Follower<T> : IAsyncDisposable
    where T : class
{
    private readonly EndlessReader<ResourceEvent<T>> _events;

    public Follower(KubernetesClient client, Resource<T> resource, ResourceSelector selector = default) =>
        _events = new(cancellation => client.FollowAsync(resource, selector, cancellation));

    public Dictionary<NamespacedName, T> Objects { get; } = [];

    public IEnumerable<string> Names => Objects.Keys.Select(name => name.Name).Order(StringComparer.Ordinal);

    public async Task<ResourceEvent<T>> NextAsync()
    {
        var next = await _events.NextAsync();
        switch (next)
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

        return next;
    }

    public async Task<TEvent> NextAsync<TEvent>()
        where TEvent : ResourceEvent<T> => Assert.IsType<TEvent>(await NextAsync());

    public ValueTask DisposeAsync() => _events.DisposeAsync();
}
