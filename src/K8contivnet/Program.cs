using System.Text;
using K8contivnet.Interop;
using Netplugin.NodeApi;

namespace K8contivnet;

/// <summary>Two forms: CNI when a runtime set <c>CNI_COMMAND</c>, else the kubelet's exec plugin.</summary>
internal static class Program
{
    /// <summary>The daemon's socket, unless a network configuration names another.</summary>
    public static string SocketPath =>
        Environment.GetEnvironmentVariable(NodeProtocol.SocketVariable) is { Length: > 0 } path ? path : NodeProtocol.DefaultSocket;

    public static int Main(string[] arguments) =>
        Environment.GetEnvironmentVariable("CNI_COMMAND") is { Length: > 0 } command ? CniForm.Run(command) : ExecForm.Run(arguments);

    /// <summary>Says something to whoever reads stderr.</summary>
    public static void Explain(string text)
    {
        try
        {
            Posix.WriteAll(2, Encoding.UTF8.GetBytes("k8contivnet: " + text + "\n"));
        }
        catch (IOException)
        {
            // There is nobody left to tell; the exit code and stdout say enough.
            return;
        }
    }
}
