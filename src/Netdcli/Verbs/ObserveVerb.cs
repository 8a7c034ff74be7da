using System.CommandLine;
using System.Globalization;
using Netdcli.Access;
using Netdcli.Output;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Verbs;

/// <summary><c>netdcli observe</c>: follows the packets that this host drops, and on request the flows that it lets through.</summary>
internal static class ObserveVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store)
    {
        var flows = new Option<bool>("--flows") { Description = "Show the first packet of each flow that policies allow, too" };
        var pod = End("--pod", "Only what this one sends or is sent");
        var from = End("--from", "Only what this one sends");
        var to = End("--to", "Only what is sent to this one");
        var (port, protocol) = (TrafficOptions.Port("Only with this source or destination port"), TrafficOptions.Protocol());
        var reason = new Option<string?>("--reason") { Description = "Only what is dropped for this reason, as \"policy\" or \"address_spoof\"", HelpName = "REASON" };
        var policy = new Option<string?>("--policy") { Description = "Only what this policy decided: its name, with its namespace or tenant", HelpName = "POLICY" };
        var count = new Option<int?>("--count") { Description = "End after so many packets", HelpName = "N" };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is <= 0)
            {
                result.AddError("--count is at least 1");
            }
        });
        var timeout = Timeout();
        var format = FormatOption.Create("text", "json");
        var command = new Command("observe", "Follow the packets that this host drops, with the reason, the policy and the rule") { flows, pod, from, to, port, protocol, reason, policy, count, timeout, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var filter = new ObserveFilter(
                parsed.GetValue(pod) ?? "", parsed.GetValue(from) ?? "", parsed.GetValue(to) ?? "", parsed.GetValue(port), TrafficOptions.ProtocolOf(parsed.GetValue(protocol)),
                parsed.GetValue(reason) ?? "", parsed.GetValue(policy) ?? "");
            var observing = new ObserveRun(terminal, session.OpenDaemon(store.Choose(parsed, session)), parsed.Format(format) == OutputFormat.Json, parsed.GetValue(count));
            return await observing.RunAsync(new NodeRequest.Observe(parsed.GetValue(flows), filter), parsed.GetValue(timeout), cancellationToken);
        });
        return command;
    }

    private static Option<string?> End(string name, string description) =>
        new(name) { Description = $"{description}: namespace/pod, tenant/network/container, or an IP address", HelpName = "END" };

    private static Option<TimeSpan?> Timeout() => new("--timeout")
    {
        Description = "End after this time, as 30s, 5m or 1h",
        HelpName = "TIME",
        CustomParser = result =>
        {
            var word = result.Tokens[0].Value;
            if (word.Length > 1 && int.TryParse(word[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                switch (word[^1])
                {
                    case 's':
                        return TimeSpan.FromSeconds(number);
                    case 'm':
                        return TimeSpan.FromMinutes(number);
                    case 'h':
                        return TimeSpan.FromHours(number);
                    default:
                        break;
                }
            }

            result.AddError($"\"{word}\" is no time: write 30s, 5m or 1h");
            return null;
        },
    };
}
