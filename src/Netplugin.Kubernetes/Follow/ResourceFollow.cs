using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Netplugin.Kubernetes.Http;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Follow;

/// <summary>
/// Follows one resource for ever: a list in pages, then watches, each from where the one before ended. A version that the server no longer has, or a
/// watch that ends in an error, leads to a new list. After a loss the server must show that it has not gone back: one that was restored from a backup
/// would say nothing until it has passed the version asked for.
/// </summary>
internal sealed class ResourceFollow<T>(ApiConnection api, ApiDiscovery discovery, Resource<T> resource, ResourceSelector selector)
    where T : class
{
    // A page is in memory whole: a hundred slices of a hundred endpoints take some megabytes for a moment.
    private const string PageSize = "100";

    // The server ends a watch after a time drawn from this range (seconds), so that a cluster's watches spread over its servers again.
    private const int ShortestWatch = 300;
    private const int LongestWatch = 600;

    // How much longer than asked for a watch may last before its server counts as lost.
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    // A watch that ends sooner is not opened again at once.
    private static readonly TimeSpan TooShort = TimeSpan.FromSeconds(1);

    // How often a server that does not know the resource is asked again: each node of a cluster does, for ever.
    private static readonly TimeSpan LongestUnknown = TimeSpan.FromMinutes(1);

    private readonly Backoff _backoff = new();
    private readonly Backoff _unknown = new(LongestUnknown);
    private bool _isUnknown;
    private bool _lossReported;
    private bool _wasLost;
    private long _putOffSince;
    private ResourceForm<T>? _form;

    // Where the next watch begins; null: a list comes first.
    private string? _resourceVersion;

    /// <summary>For how long a server may put its client off before that counts as a loss: one that was just taught a resource does so for some seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    public async IAsyncEnumerable<ResourceEvent<T>> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Watch? watch = null;
        try
        {
            while (true)
            {
                ResourceEvent<T>? next = null;
                var mustWait = false;
                TimeSpan? retryAfter = null;
                try
                {
                    if (watch is not null)
                    {
                        next = await NextAsync(watch, cancellationToken);
                        if (next is null)
                        {
                            mustWait = watch.Age < TooShort;
                            watch.Dispose();
                            watch = null;
                        }
                    }
                    else if (_resourceVersion is null || await HasGoneBackAsync(cancellationToken))
                    {
                        next = await ListAsync(cancellationToken);
                    }
                    else
                    {
                        watch = await OpenAsync(_resourceVersion, cancellationToken);
                        next = _lossReported ? new ResourceEvent<T>.Changed([]) : null;
                        (_lossReported, _putOffSince) = (false, 0);
                    }
                }
                catch (KubernetesException e) when (resource.IsOptional && e.Reason == KubernetesFailure.NotFound)
                {
                    watch?.Dispose();
                    watch = null;
                    next = Unknown();
                }
                catch (KubernetesException e)
                {
                    watch?.Dispose();
                    watch = null;
                    mustWait = true;
                    retryAfter = e.RetryAfter;
                    next = Failed(e);
                }

                if (next is not null)
                {
                    yield return next;
                }

                if (_isUnknown)
                {
                    await _unknown.WaitAsync(null, cancellationToken);
                }
                else if (mustWait)
                {
                    await _backoff.WaitAsync(retryAfter, cancellationToken);
                }
            }
        }
        finally
        {
            watch?.Dispose();
        }
    }

    // There is no object of what is not known; said once, and again after a loss.
    private ResourceEvent<T>.Snapshot? Unknown()
    {
        var isNews = !_isUnknown;
        Forget();
        (_isUnknown, _lossReported, _wasLost) = (true, false, false);
        return isNews ? new ResourceEvent<T>.Snapshot([]) : null;
    }

    private void Forget()
    {
        _resourceVersion = null;
        discovery.Forget();
        _form = null;
    }

    private ResourceEvent<T>.Disconnected? Failed(KubernetesException e)
    {
        _isUnknown = false;
        if (e.Reason is KubernetesFailure.Gone or KubernetesFailure.Unreadable)
        {
            _resourceVersion = null;
        }

        // The server may have been upgraded to one that has this resource in another version.
        if (e.Reason == KubernetesFailure.NotFound)
        {
            Forget();
        }

        if (e.Reason == KubernetesFailure.Gone)
        {
            return null;
        }

        _wasLost = true;
        if (e.Reason == KubernetesFailure.Busy || e.RetryAfter is not null)
        {
            _putOffSince = _putOffSince == 0 ? TimeProvider.System.GetTimestamp() : _putOffSince;
            if (TimeProvider.System.GetElapsedTime(_putOffSince) < Patience)
            {
                return null;
            }
        }

        var report = _lossReported ? null : new ResourceEvent<T>.Disconnected(e.Message);
        _lossReported = true;
        return report;
    }

    private async Task<ResourceEvent<T>> ListAsync(CancellationToken cancellationToken)
    {
        var form = _form ??= await discovery.ChooseAsync(resource, cancellationToken);
        var objects = ImmutableArray.CreateBuilder<ResourceEntry<T>>();
        string? resourceVersion = null;
        string? next = null;
        do
        {
            var page = await PageAsync(form, PageSize, next, cancellationToken);
            objects.AddRange(page.Objects);

            // All pages are of the first one's version.
            resourceVersion ??= page.ResourceVersion;
            next = page.Continue;
        }
        while (next is not null);

        _resourceVersion = resourceVersion;
        (_lossReported, _wasLost, _isUnknown, _putOffSince) = (false, false, false, 0);
        return new ResourceEvent<T>.Snapshot(objects.DrainToImmutable());
    }

    // Versions are numbers that grow (Kubernetes documentation, "API concepts", resource versions). Those that are not cannot be compared: a list is
    // then the safe answer.
    private async Task<bool> HasGoneBackAsync(CancellationToken cancellationToken)
    {
        if (!_wasLost)
        {
            return false;
        }

        var page = await PageAsync(_form!, "1", null, cancellationToken);
        _wasLost = false;
        return !ulong.TryParse(page.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var now)
            || !ulong.TryParse(_resourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var then)
            || now < then;
    }

    private Task<ResourcePage<T>> PageAsync(ResourceForm<T> form, string limit, string? next, CancellationToken cancellationToken) =>
        api.ReadAsync(Request(form, "list", ("limit", limit), ("continue", next)), form.ReadPageAsync, cancellationToken);

    private async Task<Watch> OpenAsync(string resourceVersion, CancellationToken cancellationToken)
    {
        var form = _form!;
        var seconds = Random.Shared.Next(ShortestWatch, LongestWatch);
        var request = Request(
            form,
            "watch",
            ("watch", "1"),
            ("resourceVersion", resourceVersion),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", seconds.ToString(CultureInfo.InvariantCulture)));
        var response = await api.OpenAsync(request, cancellationToken);
        return new(form, request, response, await response.Content.ReadAsStreamAsync(cancellationToken), TimeSpan.FromSeconds(seconds) + WatchGrace);
    }

    private ApiRequest Request(ResourceForm<T> form, string verb, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var labels = string.Join(',', new[] { resource.Labels, selector.Labels }.Where(text => text is not null));
        return new(
            verb,
            form.FullName,
            form.ListPath,
            [("labelSelector", labels.Length > 0 ? labels : null), ("fieldSelector", selector.Fields), .. query]);
    }

    /// <summary>What the watch says next, as much as has come; null when the server ended it.</summary>
    private async Task<ResourceEvent<T>?> NextAsync(Watch watch, CancellationToken cancellationToken)
    {
        var changes = ImmutableArray.CreateBuilder<ResourceChange<T>>();
        while (true)
        {
            ReadLines(watch, changes);
            if (changes.Count > 0)
            {
                return new ResourceEvent<T>.Changed(changes.DrainToImmutable());
            }

            if (!await FillAsync(watch, cancellationToken))
            {
                return watch.Lines.HasRemainder && !watch.Expired.IsCancellationRequested ? throw ApiErrors.BrokenOff(watch.Request, null) : null;
            }
        }
    }

    private void ReadLines(Watch watch, ImmutableArray<ResourceChange<T>>.Builder changes)
    {
        try
        {
            while (watch.Lines.TryTake(out var line))
            {
                ReadLine(watch, WatchLine.Read(line), changes);
            }
        }
        catch (JsonException e)
        {
            throw ApiErrors.Unreadable(watch.Request, e);
        }
    }

    private void ReadLine(Watch watch, WatchLine line, ImmutableArray<ResourceChange<T>>.Builder changes)
    {
        var resourceVersion = "";
        switch (line.Type)
        {
            case WatchLineType.Error:
                var status = JsonSerializer.Deserialize(line.Json, ObjectJsonContext.Default.StatusDocument);
                throw new KubernetesException(watch.Request.Operation, KubernetesFailure.Gone, ApiErrors.Cleaned(status?.Message ?? "the watch ended in an error"));
            case WatchLineType.Bookmark:
                resourceVersion = JsonSerializer.Deserialize(line.Json, ObjectJsonContext.Default.BookmarkDocument)?.Metadata?.ResourceVersion;
                break;
            default:
                var read = watch.Form.ReadObject(line.Json);
                changes.Add(new(read.Name, line.Type == WatchLineType.Removed ? null : read.Object));
                resourceVersion = read.ResourceVersion;
                break;
        }

        _resourceVersion = resourceVersion is { Length: > 0 } ? resourceVersion : _resourceVersion;
    }

    private static async Task<bool> FillAsync(Watch watch, CancellationToken cancellationToken)
    {
        // Ends the reading: the caller's cancellation or the watch's time.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, watch.Expired);
        try
        {
            return await watch.Lines.FillAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Its server is away, or its reader was: the next request shows which.
            return false;
        }
        catch (InvalidDataException e)
        {
            throw ApiErrors.Unreadable(watch.Request, new(e.Message, e));
        }
        catch (IOException e)
        {
            throw ApiErrors.BrokenOff(watch.Request, e);
        }
    }

    private sealed class Watch(ResourceForm<T> form, ApiRequest request, HttpResponseMessage response, Stream stream, TimeSpan limit) : IDisposable
    {
        private readonly CancellationTokenSource _expiry = new(limit);
        private readonly long _openedAt = TimeProvider.System.GetTimestamp();

        public ResourceForm<T> Form => form;

        public ApiRequest Request => request;

        public LineReader Lines { get; } = new(stream);

        /// <summary>Cancelled when the watch has lasted longer than the server was asked to let it.</summary>
        public CancellationToken Expired => _expiry.Token;

        public TimeSpan Age => TimeProvider.System.GetElapsedTime(_openedAt);

        public void Dispose()
        {
            response.Dispose();
            _expiry.Dispose();
        }
    }
}
