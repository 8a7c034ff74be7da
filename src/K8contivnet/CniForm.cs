using System.Text;
using K8contivnet.Interop;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Cni;

namespace K8contivnet;

/// <summary>
/// The CNI form. Judges what can be judged without a daemon, forwards the rest, and answers for a daemon that is not there. Stdout gets the
/// result or the error object and nothing else.
/// </summary>
internal static class CniForm
{
    private const int Stdin = 0;
    private const int Stdout = 1;

    // Longer than the daemon's own limits, shorter than a kubelet's two minutes for a runtime call.
    private const int AddSeconds = 90;
    private const int OtherSeconds = 30;

    /// <summary>Serves one invocation.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string command)
    {
        var answerVersion = CniRules.Versions[^1];
        try
        {
            var stdin = ReadStdin();
            var config = command == "VERSION" && stdin.Length == 0 ? default : CniConfig.Scan(stdin);
            answerVersion = config.AnswerVersion;
            if (command == "VERSION")
            {
                Print(VersionJson(answerVersion));
                return 0;
            }

            var variables = CniVariables.FromEnvironment(command);
            Judge(variables, config);
            var reply = Forward(variables, config, stdin);
            Print(reply.Stdout ?? "");
            return reply.Exit;
        }
        catch (CniFailure e)
        {
            return Fail(e.Code, e.Message, e.Details, answerVersion);
        }
        catch (Exception e)
        {
            // Whatever it is, the runtime reads an error object from stdout; an exception that escaped would leave it nothing.
            return Fail(CniErrorCode.Internal, "k8contivnet failed: " + e.Message, "this is a defect: report it", answerVersion);
        }
    }

    private static byte[] ReadStdin()
    {
        try
        {
            return Posix.ReadAll(Stdin, NodeProtocol.MaxRuntimeFrame / 2)
                ?? throw new CniFailure(CniErrorCode.InvalidConfiguration, "the network configuration is longer than 512 KiB");
        }
        catch (IOException e)
        {
            throw new CniFailure(CniErrorCode.InputOutput, "stdin cannot be read: " + e.Message);
        }
    }

    private static void Judge(in CniVariables variables, CniConfig config)
    {
        if (!CniRules.IsVersion(config.Version))
        {
            throw new CniFailure(
                CniErrorCode.IncompatibleVersion,
                config.Version.Length == 0 ? "the configuration has no cniVersion, which means 0.1.0" : "the configuration has cniVersion " + config.Version,
                "served are " + string.Join(", ", CniRules.Versions));
        }

        if (CniRules.JudgeEnvironment(variables.Command, variables.ContainerId, variables.Netns, variables.IfName, variables.Path) is { } wrong)
        {
            throw new CniFailure(CniErrorCode.InvalidEnvironment, wrong);
        }

        if (!CniRules.Allows(config.Version, variables.Command))
        {
            throw new CniFailure(
                CniErrorCode.IncompatibleVersion,
                variables.Command + " came with " + CniRules.Since(variables.Command) + "; the configuration has cniVersion " + config.Version);
        }
    }

    private static Reply Forward(in CniVariables variables, CniConfig config, byte[] stdin)
    {
        var socket = config.Socket.Length > 0 ? config.Socket : Program.SocketPath;
        var request = RequestJson.Cni(variables, stdin);
        var netns = OpenNamespace(variables);
        string reason;
        try
        {
            var reply = Reply.Parse(DaemonConnection.Ask(socket, request.Written, netns, variables.Command == "ADD" ? AddSeconds : OtherSeconds));
            if (reply.Stdout is not null)
            {
                return reply;
            }

            reason = reply.Refusal;
        }
        catch (IOException e)
        {
            reason = e.Message;
        }
        finally
        {
            if (netns >= 0)
            {
                _ = Libc.Close(netns);
            }
        }

        return WithoutDaemon(variables, socket, request, reason);
    }

    // Handed over as a descriptor, since the daemon may live in another mount namespace. A DEL may come after the namespace went.
    private static int OpenNamespace(in CniVariables variables)
    {
        if (variables.Netns.Length == 0)
        {
            return -1;
        }

        // Non-blocking: a path that leads to a pipe must not hang the runtime.
        var netns = Posix.Open(variables.Netns, Libc.ReadOnly | Libc.NonBlocking);
        return netns >= 0 || variables.Command is not ("ADD" or "CHECK")
            ? netns
            : throw new CniFailure(
                -netns == Libc.NotFound ? CniErrorCode.UnknownContainer : CniErrorCode.InvalidEnvironment,
                "CNI_NETNS " + variables.Netns + " cannot be opened: " + Posix.Describe(-netns));
    }

    private static Reply WithoutDaemon(in CniVariables variables, string socket, JsonText request, string reason)
    {
        switch (variables.Command)
        {
            case "DEL":
                try
                {
                    PendingRequest.Record(socket, variables.ContainerId, "@" + variables.IfName, request.Written);
                    Program.Explain(reason + "; the DEL is recorded and done when netplugin starts");
                    return new(0, "", "");
                }
                catch (IOException e)
                {
                    throw new CniFailure(CniErrorCode.TryAgainLater, reason, "the DEL cannot be recorded either: " + e.Message);
                }

            case "STATUS":
                throw new CniFailure(CniErrorCode.NotAvailable, reason, "start netplugin; running pods keep their network");
            default:
                throw new CniFailure(CniErrorCode.TryAgainLater, reason, "start netplugin; running pods keep their network");
        }
    }

    private static int Fail(int code, string message, string details, string version)
    {
        Program.Explain(message);
        var json = new JsonText()
            .Raw("{\"cniVersion\":"u8).String(version)
            .Raw(",\"code\":"u8).Number(code)
            .Raw(",\"msg\":"u8).String(message);
        if (details.Length > 0)
        {
            json.Raw(",\"details\":"u8).String(details);
        }

        Posix.WriteAll(Stdout, json.Raw("}"u8).Written);
        return 1;
    }

    private static string VersionJson(string version) =>
        "{\"cniVersion\":\"" + version + "\",\"supportedVersions\":[\"" + string.Join("\",\"", CniRules.Versions) + "\"]}";

    private static void Print(string text) => Posix.WriteAll(Stdout, Encoding.UTF8.GetBytes(text));
}
