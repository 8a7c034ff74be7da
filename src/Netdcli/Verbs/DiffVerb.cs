using System.CommandLine;
using Netdcli.Access;
using Netdcli.Output;
using Netdcli.Posting;
using Netplugin.Core.Planning;
using Netplugin.Store;

namespace Netdcli.Verbs;

/// <summary><c>netdcli diff</c>: what a post would change, with the exit codes of diff(1).</summary>
internal static class DiffVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store)
    {
        var file = new Argument<string>("file") { Description = "The file; - for standard input", HelpName = "FILE" };
        var replace = new Option<bool>("--cfg", "-cfg") { Description = "As -cfg would post it (the default)" };
        var add = new Option<bool>("--add-cfg", "-add-cfg") { Description = "As -add-cfg would" };
        var delete = new Option<bool>("--del-cfg", "-del-cfg") { Description = "As -del-cfg would" };
        var bindings = new Option<bool>("--host-bindings-cfg", "-host-bindings-cfg") { Description = "As -host-bindings-cfg would" };
        var command = new Command("diff", "Show what a post would change; nothing is written") { file, replace, add, delete, bindings };
        command.Validators.Add(result =>
        {
            if (new[] { replace, add, delete, bindings }.Count(o => result.GetValue(o)) > 1)
            {
                result.AddError("give one of -cfg, -add-cfg, -del-cfg and -host-bindings-cfg");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var read = await IntentFile.ReadAsync(parsed.GetValue(file)!, terminal, cancellationToken);
                var post = parsed.GetValue(bindings) ? PostRequest.OfBindings(read)
                    : PostRequest.OfIntent(read, parsed.GetValue(add) ? PostMode.Add : parsed.GetValue(delete) ? PostMode.Delete : PostMode.Replace);
                return await CompareAsync(terminal, session, store.Choose(parsed, session), post, cancellationToken);
            }
            catch (Exception e) when (e is StoreException or CliException)
            {
                throw new CliException(e.Message, ExitCode.DiffTrouble, e);
            }
        });
        return command;
    }

    private static async Task<int> CompareAsync(
        Terminal terminal, Session session, StoreChoice choice, PostRequest post, CancellationToken cancellationToken)
    {
        post.File.Report(terminal.Error, post.Warnings, "warning: ");
        if (post.Plan is not { } plan)
        {
            return post.Refuse(terminal, post.Errors, ExitCode.DiffTrouble);
        }

        await using var cluster = session.OpenCluster(choice);
        var result = plan((await cluster.LoadAsync(cancellationToken)).State);
        if (!result.Succeeded)
        {
            return post.Refuse(terminal, result.Errors, ExitCode.DiffTrouble);
        }

        post.File.Report(terminal.Error, result.Plan.Warnings, "warning: ");
        foreach (var line in PlanDescription.Lines(result.Plan.Changes))
        {
            var tone = line[0] switch { '+' => Tone.Good, '-' => Tone.Bad, _ => Tone.Warning };
            terminal.Out.Write($"{TableWriter.Paint(line, tone, terminal.Colour)}\n");
        }

        return result.Plan.Changes.Length == 0 ? ExitCode.Ok : ExitCode.Different;
    }
}
