using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Configuration;
using Netplugin.Agent.Etcd;
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

if (options.Probe.Length > 0)
{
    var (isWell, sentence) = await NodeProbe.RunAsync(options.Probe, options.Socket, CancellationToken.None);
    Console.Out.WriteLine(sentence);
    return isWell ? 0 : 1;
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

    if (options.EtcdCertificates is { } wanted)
    {
        await MakeCertificatesAsync(wanted, stop.Token);
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

async Task MakeCertificatesAsync(EtcdCertificateOptions wanted, CancellationToken cancellationToken)
{
    var certificates = new EtcdCertificates(wanted.Folder, TimeProvider.System);
    certificates.Make(wanted.Names);
    NodeLog.CertificatesMade(log, wanted.Folder);
    if (wanted.Secret is { } secret)
    {
        using var kubernetes = new KubernetesClient(NodeDaemon.Access(options) ?? throw new ArgumentException("-etcd-secret: give -kubeconfig, since this is no pod of Kubernetes"));
        await kubernetes.WriteSecretAsync(
            secret,
            new Dictionary<string, byte[]>
            {
                ["ca.crt"] = await File.ReadAllBytesAsync(certificates.AuthorityFile, cancellationToken),
                ["tls.crt"] = await File.ReadAllBytesAsync(certificates.ClientFile, cancellationToken),
                ["tls.key"] = await File.ReadAllBytesAsync(certificates.ClientKeyFile, cancellationToken),
            },
            cancellationToken);
        NodeLog.SecretWritten(log, secret);
    }
}
