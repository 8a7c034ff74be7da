using System.Runtime.InteropServices;
using KubectlNetplugin;
using KubectlNetplugin.Reading;
using Netdcli;

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await new Plugin(Terminal.OfProcess(), selection => new Kubectl("kubectl", selection)).RunAsync(args, stop.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
