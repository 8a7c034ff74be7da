using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Configuration;
using Netplugin.Agent.Logging;
using Netplugin.Agent.Node;
using Netplugin.Agent.Runtime;
using Netplugin.Kubernetes;
using Netplugin.Linux;
using Netplugin.Runtime;
using Netplugin.Store;

var version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
var read = new OptionsReader(Environment.MachineName).Read(
    args, Environment.GetEnvironmentVariable, path => path == "-" ? Console.In.ReadToEnd() : File.ReadAllText(path), version);
Console.Out.Write(read.Output);
foreach (var error in read.Errors)
{
    Console.Error.WriteLine(error);
}

if (read.Options is not { } options)
{
    return read.ExitCode;
}

var levels = new LogLevels(options.Debug ? LogLevel.Debug : LogLevel.Information);
var log = new LineLogger(levels, options.JsonLog, Console.Error, TimeProvider.System);
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    if (options.Cleanup)
    {
        NodeCleanup.Run(options);
        NodeLog.CleanedUp(log);
        return 0;
    }

    using var runtime = options.RuntimeEndpoint.Length > 0 ? new CriSandboxes(new RuntimeClient(options.RuntimeEndpoint)) : null;
    await using var daemon = await NodeDaemon.StartAsync(options, runtime ?? (ISandboxes)new NoSandboxes(), levels, version, log, stop.Token);
    var stopped = new TaskCompletionSource();
    await using var onStop = stop.Token.Register(() => stopped.TrySetResult());
    await stopped.Task;
    NodeLog.Stopping(log);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (Exception e) when (e is KernelException or StoreException or KubernetesException or IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
{
    NodeLog.CannotStart(log, e.Message);
    return 1;
}
