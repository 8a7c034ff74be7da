using Netdcli.Access;
using Netdcli.Legacy;
using Netdcli.Output;
using Netplugin.Core.Planning;

namespace Netdcli.Posting;

/// <summary>Posts a file whole or not at all, and says so.</summary>
/// <param name="terminal">Where problems and the log line go.</param>
/// <param name="cluster">Where it is posted to.</param>
internal sealed class Poster(Terminal terminal, Cluster cluster)
{
    /// <summary>Posts and returns the exit code.</summary>
    public async Task<int> PostAsync(PostRequest post, CancellationToken cancellationToken)
    {
        post.File.Report(terminal.Error, post.Warnings, "warning: ");
        if (post.Plan is not { } plan)
        {
            return post.Refuse(terminal, post.Errors);
        }

        PlanResult result;
        await using (new WaitNotice(terminal, "posting"))
        {
            result = await cluster.PostAsync(plan, cancellationToken);
        }

        if (!result.Succeeded)
        {
            return post.Refuse(terminal, result.Errors);
        }

        post.File.Report(terminal.Error, result.Plan.Warnings, "warning: ");
        terminal.Error.Write($"{LogLine.Format(terminal.Clock.GetUtcNow(), "info", Summary(post.File.Name, result.Plan))}\n");
        return ExitCode.Ok;
    }

    /// <summary>One sentence: which post it was, and how many records of each kind it made, changed and removed.</summary>
    public static string Summary(string file, PostPlan plan) =>
        plan.Changes.Length == 0
            ? $"posted {file}: nothing to change, post {plan.After.Post.Number} stands"
            : $"posted {file} as post {plan.After.Post.Number}: {ChangeCount.Sentence(plan.Changes)}";
}
