using System.CommandLine;
using Netdcli.Posting;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netdcli.Verbs;

/// <summary><c>netdcli validate</c>: checks a file by itself, planned against an empty cluster.</summary>
internal static class ValidateVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "An intent or an array of host bindings; - for standard input", HelpName = "FILE" };
        var command = new Command("validate", "Check a file without a cluster") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var read = await IntentFile.ReadAsync(parsed.GetValue(file)!, terminal, cancellationToken);
            var bindings = IsArray(read.Bytes.Span);
            var post = bindings ? PostRequest.OfBindings(read) : PostRequest.OfIntent(read, PostMode.Replace);

            // Bindings name containers of a posted intent; without one only their form can be judged.
            var plan = bindings ? null : post.Plan?.Invoke(ClusterState.Empty);
            var errors = post.Errors.AddRange(plan?.Errors ?? []);
            read.Report(terminal.Error, post.Warnings.AddRange(plan?.Plan?.Warnings ?? []), "warning: ");
            if (errors.Length > 0)
            {
                return post.Refuse(terminal, errors);
            }

            terminal.Out.Write(plan?.Plan is { After: var after }
                ? FormattableString.Invariant($"{read.Name}: good: {after.Hosts.Count} hosts, {after.Tenants.Count} tenants, {after.Networks.Count} networks, {after.Endpoints.Count} endpoints\n")
                : $"{read.Name}: good\n");
            return ExitCode.Ok;
        });
        return command;
    }

    private static bool IsArray(ReadOnlySpan<byte> utf8)
    {
        foreach (var b in utf8)
        {
            if (b is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0xef or 0xbb or 0xbf))
            {
                return b == (byte)'[';
            }
        }

        return false;
    }
}
