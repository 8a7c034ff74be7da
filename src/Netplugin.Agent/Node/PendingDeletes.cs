using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Node;

/// <summary>
/// Carries out the DELs that k8contivnet recorded while no daemon answered: at the start, whenever a file appears, and on a timer, since a watch may miss one.
/// </summary>
internal sealed class PendingDeletes : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private const string SetAside = ".unreadable";
    private readonly string _folder;
    private readonly PodService _pods;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly FileSystemWatcher _watcher;
    private Task _worker = Task.CompletedTask;

    /// <summary>Watches the folder, making it when missing.</summary>
    public PendingDeletes(string folder, PodService pods, ILogger log)
    {
        (_folder, _pods, _log) = (folder, pods, log);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName };
        _watcher.Created += (_, _) => Signal();
        _watcher.Renamed += (_, _) => Signal();
    }

    /// <summary>Begins; the files that are there are carried out first.</summary>
    public void Start()
    {
        _watcher.EnableRaisingEvents = true;
        _worker = Task.Run(WorkAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watcher.Dispose();
        await _stop.CancelAsync();
        await _worker;
        _stop.Dispose();
        _due.Dispose();
    }

    /// <summary>Carries out every recorded DEL.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        foreach (var path in Directory.EnumerateFiles(_folder).Where(IsRecord).Order(StringComparer.Ordinal).ToArray())
        {
            PodKey[] keys;
            try
            {
                keys = Read(await File.ReadAllBytesAsync(path, cancellationToken));
            }
            catch (Exception e) when (e is NodeApiException or FormatException)
            {
                PodLog.PendingUnreadable(_log, path, e.Message);
                File.Move(path, path + SetAside, overwrite: true);
                continue;
            }

            foreach (var key in keys)
            {
                PodLog.Pending(_log, key);
                await _pods.DetachAsync(key, cancellationToken);
            }

            File.Delete(path);
        }
    }

    private PodKey[] Read(byte[] content) => NodeCodec.DecodeRequest(content) switch
    {
        NodeRequest.RunCni { Environment: { Command: "DEL", ContainerId: { Length: > 0 } container, IfName: { Length: > 0 } name } } => [new PodKey(container, name)],
        NodeRequest.RunExec { Action: "teardown", Arguments: [_, _, { Length: > 0 } sandbox] } =>
            [.. _pods.Pods.Keys.Where(k => EndpointResolver.Names(sandbox, k.Sandbox))],
        _ => throw new FormatException("it is neither a DEL nor a teardown"),
    };

    // What is being written has another name until it is complete.
    private static bool IsRecord(string path) => !path.EndsWith(SetAside, StringComparison.Ordinal)
        && !path.EndsWith(".tmp", StringComparison.Ordinal) && !Path.GetFileName(path).StartsWith('.');

    private void Signal()
    {
        lock (_due)
        {
            if (_due.CurrentCount == 0)
            {
                _due.Release();
            }
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    await DrainAsync(_stop.Token);
                }
                catch (Exception e) when (e is IOException or Linux.KernelException)
                {
                    PodLog.KeepFailed(_log, _folder, e.Message);
                }

                await _due.WaitAsync(Every, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }
}
