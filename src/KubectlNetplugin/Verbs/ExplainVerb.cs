using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using KubectlNetplugin.Reading;
using Netdcli;
using Netdcli.Output;
using Netdcli.Verbs;
using Netplugin.Core.Services;

namespace KubectlNetplugin.Verbs;

/// <summary><c>kubectl netplugin explain</c>: has netdcli on the nodes of both ends say what policies say, so that each compares its own end with what it enforces.</summary>
internal static class ExplainVerb
{
    private const string Container = "netplugin";

    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, SharedOptions shared)
    {
        var (from, to) = (End("--from", "Who connects"), End("--to", "Whom to"));
        var (port, protocol) = (TrafficOptions.Port("Destination port"), TrafficOptions.Protocol());
        var kubernetesNamespace = SharedOptions.Namespace();
        kubernetesNamespace.Description = "The namespace of pods that are named without one";
        var format = FormatOption.Create("text", "json");
        var command = new Command("explain", "Say whether policies let one reach another, and by which rule") { from, to, port, protocol, kubernetesNamespace, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var server = shared.Server(parsed);
            var reader = new ClusterReader(server);
            string[] ends = [parsed.GetValue(from)!, parsed.GetValue(to)!];
            if (ends.Any(IsPodAlone))
            {
                var chosen = parsed.GetValue(kubernetesNamespace) ?? await server.NamespaceAsync(cancellationToken);
                ends = [.. ends.Select(end => IsPodAlone(end) ? $"{chosen}/{end}" : end)];
            }

            string[] traffic = [.. Given("--port", parsed.GetValue(port)?.ToString(CultureInfo.InvariantCulture)), .. Given("--protocol", parsed.GetValue(protocol))];
            var asJson = parsed.Format(format) == OutputFormat.Json;
            var asking = new Asking(server, await reader.DaemonsAsync(cancellationToken), asJson, ["netdcli", "policy", "explain", "--from", ends[0], "--to", ends[1], .. traffic]);
            await asking.AskAsync(await NodesAsync(reader, ends, cancellationToken), cancellationToken);
            asking.Write(terminal);
            return asking.ExitCode;
        });
        return command;
    }

    private static Option<string> End(string name, string description) =>
        new(name) { Description = $"{description}: a pod, namespace/pod, tenant/network/container, or an IP address", HelpName = "END", Required = true };

    private static bool IsPodAlone(string end) => !end.Contains('/', StringComparison.Ordinal) && !IPAddress.TryParse(end, out _);

    private static string[] Given(string option, string? value) => value is null ? [] : [option, value];

    // The nodes of the pods; who else an end is, the first answer says.
    private static async Task<List<string>> NodesAsync(ClusterReader reader, string[] ends, CancellationToken cancellationToken)
    {
        List<string> nodes = [];
        foreach (var end in ends)
        {
            if (end.Split('/') is [var space, var name])
            {
                nodes.Add((await reader.PodAsync(new NamespacedName(space, name), cancellationToken)).Node
                    ?? throw new CliException($"pod {end} is bound to no node yet: nobody reaches it"));
            }
        }

        return nodes;
    }

    /// <summary>Asks one daemon after the other, and says what came of it.</summary>
    private sealed class Asking(IApiServer server, IReadOnlyDictionary<string, NamespacedName> daemons, bool asJson, string[] question)
    {
        private readonly SortedDictionary<string, (string Text, JsonElement Answer, int Exit)> _answers = new(StringComparer.Ordinal);
        private readonly List<string> _notes = [];

        public int ExitCode =>
            _answers.Values.Any(one => one.Exit == Netdcli.ExitCode.MapsDiffer) || !AreOne ? Netdcli.ExitCode.MapsDiffer
            : _answers.Values.First().Exit;

        private bool AreOne => _answers.Values.Select(one => one.Answer.GetProperty("allowed").GetBoolean()).Distinct().Count() == 1;

        public async Task AskAsync(IEnumerable<string> nodes, CancellationToken cancellationToken)
        {
            if (daemons.Count == 0)
            {
                throw new CliException("no netplugin runs in this cluster: there is no pod with the label app.kubernetes.io/name=netplugin");
            }

            var first = nodes.Where(daemons.ContainsKey).DefaultIfEmpty(daemons.Keys.First());
            var due = new Queue<string>(first.Concat(nodes).Distinct());
            HashSet<string> asked = [.. due];
            while (due.TryDequeue(out var node))
            {
                if (!daemons.TryGetValue(node, out var pod))
                {
                    _notes.Add($"no netplugin runs on {node}, so that its end is not compared with what is enforced there");
                    continue;
                }

                var (exit, output, error) = await server.ExecAsync(pod, Container, [.. question, "-o", "json"], cancellationToken);
                if (exit is not (Netdcli.ExitCode.Ok or Netdcli.ExitCode.Denied or Netdcli.ExitCode.MapsDiffer))
                {
                    throw new CliException(error.Length > 0 ? $"{node}: {error}" : $"{node}: netdcli there ended with {exit} and did not say why");
                }

                var answer = Read(node, output);

                // The sentences are the node's own: its netdcli may know more than this program.
                var text = asJson ? "" : (await server.ExecAsync(pod, Container, question, cancellationToken)).Out;
                _answers[node] = (text, answer, exit);
                foreach (var end in (string[])["from", "to"])
                {
                    if (answer.GetProperty(end).GetProperty("node").GetString() is { Length: > 0 } other && IsEndpoint(answer, end) && asked.Add(other))
                    {
                        due.Enqueue(other);
                    }
                }
            }
        }

        public void Write(Terminal terminal)
        {
            if (asJson)
            {
                terminal.Out.Write($"[{string.Join(",\n", _answers.Values.Select(one => Printable.CleanLines(one.Answer.GetRawText())))}]\n");
            }
            else
            {
                terminal.Out.Write(string.Join('\n', _answers.Select(one => $"{Printable.Clean(one.Key)} says:\n{Printable.CleanLines(one.Value.Text)}")));
            }

            if (!AreOne)
            {
                _notes.Add($"{string.Join(" and ", _answers.Keys)} do not say the same: one may not have heard of a change yet; ask again in a moment");
            }

            terminal.Out.Flush();
            _notes.ForEach(note => terminal.Error.Write($"Note: {Printable.Clean(note)}\n"));
        }

        private static bool IsEndpoint(JsonElement answer, string end) => answer.GetProperty(end).GetProperty("network").GetString() is { Length: > 0 };

        private static JsonElement Read(string node, string output)
        {
            try
            {
                using var read = JsonDocument.Parse(output);
                return read.RootElement.Clone();
            }
            catch (JsonException e)
            {
                throw new CliException($"what netdcli on {node} said cannot be read: {e.Message}", inner: e);
            }
        }
    }
}
