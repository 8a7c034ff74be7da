using System.Globalization;
using System.Net;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>
/// Who may reach whom, as a table: the first line names what is asked, each other one who asks, with a + where an answer must come and a - where none may. What is asked is a name with a port
/// if it is not 9000, and <c>/udp</c> if it is not by TCP: <c>web near:9001 node1:30200/udp</c>.
/// </summary>
public sealed class ReachTable
{
    private readonly List<(string From, string Asked, bool IsReached)> _cells = [];

    /// <summary>Reads one.</summary>
    public ReachTable(string text)
    {
        string[][] lines = [.. text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        foreach (string[] line in lines.Skip(1))
        {
            Assert.Equal(lines[0].Length, line.Length - 1);
            foreach ((string asked, string mark) in lines[0].Zip(line.Skip(1)))
            {
                Assert.Contains(mark, (string[])["+", "-"]);
                _cells.Add((line[0], asked, mark == "+"));
            }
        }

        // One without either would hold of a network that carries everything, or nothing.
        Assert.Equal([false, true], _cells.Select(cell => cell.IsReached).Distinct().Order());
    }

    /// <summary>Waits until everybody reaches whom the table says, and nobody else.</summary>
    /// <param name="speakers">Who asks.</param>
    /// <param name="families">The families that all is asked in.</param>
    /// <param name="addressOf">What a name's address of a family is.</param>
    /// <param name="limit">How long to wait.</param>
    public async Task HoldsAsync(Speakers speakers, IEnumerable<char> families, Func<string, char, IPAddress> addressOf, TimeSpan limit)
    {
        (string Told, bool IsReached, Func<Task<string?>> Ask)[] questions =
        [
            .. from family in families
               from cell in _cells
               let target = TargetOf(cell.Asked, name => addressOf(name, family))
               select ($"{cell.From} asks {cell.Asked}, {target}", cell.IsReached, (Func<Task<string?>>)(() => speakers.AskAsync(cell.From, target.At, target.Transport))),
        ];
        string[] wrong = [];
        try
        {
            await Eventually.HoldsAsync(
                "the table to hold",
                async () =>
                {
                    string?[] answers = await Task.WhenAll(questions.Select(question => question.Ask()));
                    wrong = [.. questions.Zip(answers).Where(one => one.First.IsReached != one.Second is not null).Select(one => $"{one.First.Told}: {one.Second ?? "nobody"} answers")];
                    return wrong.Length == 0;
                },
                limit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{wrong.Length} not as the table says:\n{string.Join('\n', wrong)}");
        }
    }

    private static (IPEndPoint At, Transport Transport) TargetOf(string asked, Func<string, IPAddress> addressOf)
    {
        bool isUdp = asked.EndsWith("/udp", StringComparison.Ordinal);
        string[] parts = (isUdp ? asked[..^"/udp".Length] : asked).Split(':');
        return (new(addressOf(parts[0]), parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : Speakers.Ports[0]), isUdp ? Transport.Udp : Transport.Tcp);
    }
}
