using System.Text;
using Netdcli;
using Netdcli.Access;
using Netplugin.NodeApi.Client;
using Netplugin.Store;

namespace Netplugin.Tests.Netdcli.Fixtures;

/// <summary>Runs netdcli in this process, with its own streams, environment and store.</summary>
internal sealed class CliRun : IStoreOpener
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public MemoryStore Store { get; } = new();

    /// <summary>The store asked for last; null when none was.</summary>
    public StoreChoice? Choice { get; private set; }

    public string Socket { get; set; } = "/nonexistent/netplugin.sock";

    /// <summary>True: the store is reached as the program does it, through the daemon's socket.</summary>
    public bool ThroughDaemon { get; set; }

    public bool OutIsTerminal { get; set; }

    public bool ErrorIsTerminal { get; set; }

    public CliRun With(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    public Result Run(params string[] arguments) => RunWithInput([], arguments);

    public Result RunWithInput(byte[] input, params string[] arguments) => RunWithInput(new MemoryStream(input), arguments);

    public Result RunWithInput(Stream input, params string[] arguments)
    {
        using var bytes = new MemoryStream();
        using var output = new StreamWriter(bytes, new UTF8Encoding(false));
        using var error = new StringWriter();
        var terminal = new Terminal
        {
            In = input,
            OutStream = bytes,
            Out = output,
            Error = error,
            OutIsTerminal = OutIsTerminal,
            ErrorIsTerminal = ErrorIsTerminal,
            Variable = name => name == StoreChoice.SocketVariable ? Socket : _variables.GetValueOrDefault(name),
            Clock = new FixedClock(),
        };
        var exit = new Cli(terminal, this).RunAsync(arguments, CancellationToken.None).GetAwaiter().GetResult();
        return new(exit, bytes.ToArray(), error.ToString());
    }

    public Result Post(string intent, string mode = "-cfg")
    {
        var result = RunWithInput(Encoding.UTF8.GetBytes(intent), mode, "-");
        Assert.True(result.Exit == 0, result.Error);
        return result;
    }

    public IStateStore OpenStore(StoreChoice choice)
    {
        Choice = choice;
        return ThroughDaemon ? new StoreOpener().OpenStore(choice) : Store;
    }

    public NodeClient OpenDaemon(StoreChoice choice, TimeSpan timeout) => new(Socket, timeout);

    internal sealed record Result(int Exit, byte[] Bytes, string Error)
    {
        public string Out => Encoding.UTF8.GetString(Bytes);
    }
}
