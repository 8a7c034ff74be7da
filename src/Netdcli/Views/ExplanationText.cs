using System.Globalization;
using System.Text;
using Netplugin.Core.Services;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Views;

/// <summary>What <c>policy explain</c> says, for a person.</summary>
internal static class ExplanationText
{
    /// <summary>Writes it.</summary>
    public static string Of(PolicyExplanation answer)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{End(answer.From)} to {End(answer.To)}, {Traffic(answer)}: {(answer.Allowed ? "allowed" : "DENIED")}\n");
        if (answer.Apart.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  apart, whatever policies say: {answer.Apart}\n");
        }

        Write(text, answer, "egress", answer.From, answer.Egress);
        Write(text, answer, "ingress", answer.To, answer.Ingress);
        foreach (var note in answer.Notes)
        {
            text.Append(CultureInfo.InvariantCulture, $"Note: {note}\n");
        }

        if (answer.Differs)
        {
            text.Append(CultureInfo.InvariantCulture, $"WARNING: what {answer.Node} enforces is not what its policies say. Ask again in a moment; when it stays so, report it with \"netdcli dump\".\n");
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, PolicyExplanation answer, string direction, ExplainedEnd end, ExplainedDirection? said)
    {
        if (said is null)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"  {direction} of {end.Name}: {(said.Allowed ? "allowed" : "DENIED")}: {said.Reason}\n");
        var maps = said.Maps switch
        {
            MapsAnswer.Same => $"the maps of {answer.Node} say the same",
            MapsAnswer.Different => $"THE MAPS OF {answer.Node} SAY SOMETHING ELSE: {said.MapsReason}",
            MapsAnswer.Elsewhere => $"not compared with maps: ask netdcli on {end.Node}",
            _ => "",
        };
        text.Append(maps.Length == 0 ? "" : $"    {maps}\n");
    }

    private static string End(ExplainedEnd end)
    {
        string[] details = [end.Name == end.Address ? "" : end.Address, end.Node.Length == 0 || end.Name == $"node {end.Node}" ? "" : $"on {end.Node}"];
        var known = string.Join(' ', details.Where(detail => detail.Length > 0));
        return known.Length == 0 ? end.Name : $"{end.Name} ({known})";
    }

    private static string Traffic(PolicyExplanation answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"{IpProtocols.NameOf(answer.Protocol) ?? $"protocol {answer.Protocol}"}{(answer.Port == 0 ? "" : $" port {answer.Port}")}");
}
