using System.Text;
using K8contivnet.Interop;

namespace K8contivnet;

/// <summary>
/// The exec form of kubelets before CNI: <c>init</c>, <c>setup A B C</c>, <c>teardown A B C</c>, <c>status A B C</c>. Exit codes are the original's:
/// 0 for success, <c>init</c> and any action not known here; 1 for no or too few arguments and <c>help</c>; 2 for an error.
/// Whether A is the pod's namespace or its name is the daemon's to find out.
/// </summary>
internal static class ExecForm
{
    private const int Seconds = 90;

    private const string Usage = """
        k8contivnet connects pods to netplugin's networks.

        As a CNI plugin it is called with CNI_COMMAND in the environment (CNI 0.3.1 to 1.1.0).
        As a kubelet exec network plugin:
          k8contivnet init
          k8contivnet setup    <pod-namespace> <pod-name> <infra-container-id>
          k8contivnet teardown <pod-namespace> <pod-name> <infra-container-id>
          k8contivnet status   <pod-namespace> <pod-name> <infra-container-id>
          k8contivnet help
        The two names may come in either order.

        NETPLUGIN_SOCKET   the daemon's socket, when it is not /run/netplugin/netplugin.sock

        Exit codes: 0 done, 1 usage, 2 error (the reason is on stderr).
        """;

    /// <summary>Serves one call.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case [] or ["help" or "-help" or "--help" or "-h", ..]:
            case ["setup" or "teardown", ..] when arguments.Length < 4:
                Program.Explain(Usage);
                return 1;
            case ["setup" or "teardown" or "status", var a, var b, var c, ..]:
                return Forward(arguments[0], [a, b, c]);
            default:
                // init needs nothing done, and kubelets call actions that came after this contract.
                return 0;
        }
    }

    private static int Forward(string action, string[] pod)
    {
        var request = RequestJson.Exec(action, pod);
        try
        {
            var reply = Reply.Parse(DaemonConnection.Ask(Program.SocketPath, request.Written, descriptor: -1, Seconds));
            if (reply.Refusal.Length > 0)
            {
                Program.Explain(reply.Refusal);
            }

            if (reply.Stdout is null)
            {
                return 2;
            }

            Posix.WriteAll(1, Encoding.UTF8.GetBytes(reply.Stdout));
            return reply.Exit;
        }
        catch (IOException e) when (action == "teardown")
        {
            return RecordTeardown(pod, request, e.Message);
        }
        catch (Exception e)
        {
            Program.Explain(e.Message);
            return 2;
        }
    }

    private static int RecordTeardown(string[] pod, JsonText request, string reason)
    {
        try
        {
            PendingRequest.Record(Program.SocketPath, pod[2], "@exec", request.Written);
            Program.Explain(reason + "; the teardown is recorded and done when netplugin starts");
            return 0;
        }
        catch (IOException e)
        {
            Program.Explain(reason + "; the teardown cannot be recorded either: " + e.Message);
            return 2;
        }
    }
}
