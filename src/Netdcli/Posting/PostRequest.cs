using System.Collections.Immutable;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netdcli.Posting;

/// <summary>A file read and understood: what is to be planned against the cluster, or why it cannot be.</summary>
/// <param name="File">The file.</param>
/// <param name="Errors">Every error in it; empty when it can be planned.</param>
/// <param name="Warnings">What has no effect.</param>
/// <param name="Plan">Plans it against a state; null when there are errors.</param>
internal sealed record PostRequest(
    IntentFile File, ImmutableArray<IntentProblem> Errors, ImmutableArray<IntentProblem> Warnings, Func<ClusterState, PlanResult>? Plan)
{
    /// <summary>Reads an intent.</summary>
    public static PostRequest OfIntent(IntentFile file, PostMode mode)
    {
        var read = IntentReader.Read(file.Bytes.Span);
        return new(file, Planner.ErrorsOf(read, mode), read.Warnings, read.Value is { } intent ? state => Planner.Plan(state, intent, mode) : null);
    }

    /// <summary>Reads host bindings.</summary>
    public static PostRequest OfBindings(IntentFile file)
    {
        var read = IntentReader.ReadBindings(file.Bytes.Span);
        return new(file, read.Errors, read.Warnings, read.Value is { } bindings ? state => Planner.Bind(state, bindings) : null);
    }

    /// <summary>Writes the errors and says that nothing was written.</summary>
    /// <returns>The exit code.</returns>
    public int Refuse(Terminal terminal, ImmutableArray<IntentProblem> errors, int exitCode = ExitCode.Failed)
    {
        File.Report(terminal.Error, errors);
        var count = errors.Length == 1 ? "1 error" : FormattableString.Invariant($"{errors.Length} errors");
        terminal.Error.Write($"netdcli: {count} in {File.Name}: nothing was written\n");
        return exitCode;
    }
}
