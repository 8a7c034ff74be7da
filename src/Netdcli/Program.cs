using System.Runtime.InteropServices;
using Netdcli;
using Netdcli.Access;

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var terminal = Terminal.OfProcess();
try
{
    return await new Cli(terminal, new StoreOpener()).RunAsync(args, stop.Token);
}
finally
{
    await terminal.Out.FlushAsync();
}

void Stop(PosixSignalContext signal)
{
    // The first signal lets a post end cleanly (its lock released); a second one ends the process at once.
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
