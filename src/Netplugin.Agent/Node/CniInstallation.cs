using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.NodeApi.Cni;

namespace Netplugin.Agent.Node;

/// <summary>
/// Keeps what the container runtime calls us by in its folders. The configuration, which makes the node Ready, is put there once pods can be attached, and put
/// back when it is taken away. It stays when the daemon stops: the node is Ready while another daemon takes over.
/// </summary>
internal sealed class CniInstallation : IAsyncDisposable
{
    private const string Topic = "cni-files";

    // A node whose configuration is missing takes no pods.
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly CniFiles _files;
    private readonly Func<CniException?> _missing;
    private readonly ProblemBoard _problems;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;

    /// <summary>Makes the installation; <see cref="Start"/> begins.</summary>
    /// <param name="files">What is installed.</param>
    /// <param name="missing">Why pods cannot be attached now; null when they can.</param>
    /// <param name="problems">Told when a folder cannot be written to, and when the runtime uses another's configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public CniInstallation(CniFiles files, Func<CniException?> missing, ProblemBoard problems, TimeProvider time, ILogger log) =>
        (_files, _missing, _problems, _time, _log) = (files, missing, problems, time, log);

    /// <summary>Begins to install and to look.</summary>
    public void Start() => _worker = Task.Run(WorkAsync);

    /// <summary>Looks once.</summary>
    public void Look()
    {
        try
        {
            Say(_files.PutProgram());
            if (_missing() is null)
            {
                Say(_files.PutConfiguration());
            }

            _problems.Set(Topic, null);
            Judge(_files.EarlierConfiguration());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problems.Set(Topic, $"the container runtime's CNI files cannot be installed and are tried again: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        using var timer = new PeriodicTimer(Every, _time);
        do
        {
            Look();
        }
        while (await timer.WaitForNextTickAsync(_stop.Token));
    }

    private void Judge(string? earlier)
    {
        var problem = earlier is null
            ? null
            : $"the container runtime uses the network configuration {earlier} and not netplugin's, whose name comes later: remove that one, or give it a later name, and restart the pods that started meanwhile";
        if (_problems.Set(LoopTopics.CniOrder, problem) && problem is not null)
        {
            LoopLog.Problem(_log, problem);
        }
    }

    private void Say(string? installed)
    {
        if (installed is not null)
        {
            NodeLog.Installed(_log, installed);
        }
    }
}
