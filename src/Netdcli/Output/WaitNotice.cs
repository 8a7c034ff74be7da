namespace Netdcli.Output;

/// <summary>
/// Tells a person who waits that something is going on: after a second a line on standard error that counts the seconds and is
/// wiped at the end. Nothing is written when nobody looks.
/// </summary>
internal sealed class WaitNotice : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _done = new();
    private readonly Task _writing;

    /// <summary>Begins to wait.</summary>
    /// <param name="terminal">Whose standard error it is.</param>
    /// <param name="what">What is being done.</param>
    public WaitNotice(Terminal terminal, string what) =>
        _writing = terminal.ErrorIsTerminal ? WriteAsync(terminal, what) : Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _writing;
        _done.Dispose();
    }

    private async Task WriteAsync(Terminal terminal, string what)
    {
        using var timer = new PeriodicTimer(Step, terminal.Clock);
        var seconds = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(_done.Token))
            {
                seconds++;
                terminal.Error.Write($"\r{what}, {seconds} s");
            }
        }
        catch (OperationCanceledException) when (_done.IsCancellationRequested)
        {
            if (seconds > 0)
            {
                // CSI K of ECMA-48 clears to the line's end.
                terminal.Error.Write("\r\e[K");
            }
        }
    }
}
