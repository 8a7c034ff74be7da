using Netplugin.NodeApi;

namespace K8contivnet;

/// <summary>Writes the two requests this program makes; their reader is the daemon's <c>NodeRequest</c>.</summary>
internal static class RequestJson
{
    /// <summary>A CNI invocation.</summary>
    /// <param name="variables">The environment.</param>
    /// <param name="stdin">The network configuration, valid UTF-8.</param>
    public static JsonText Cni(in CniVariables variables, ReadOnlySpan<byte> stdin) => Begin("cni"u8)
        .Raw(",\"environment\":{\"command\":"u8).String(variables.Command)
        .Raw(",\"containerId\":"u8).String(variables.ContainerId)
        .Raw(",\"netns\":"u8).String(variables.Netns)
        .Raw(",\"ifName\":"u8).String(variables.IfName)
        .Raw(",\"args\":"u8).String(variables.Args)
        .Raw(",\"path\":"u8).String(variables.Path)
        .Raw("},\"stdin\":"u8).String(stdin)
        .Raw("}"u8);

    /// <summary>A call in the exec form.</summary>
    public static JsonText Exec(string action, ReadOnlySpan<string> arguments)
    {
        var json = Begin("exec"u8).Raw(",\"action\":"u8).String(action).Raw(",\"arguments\":["u8);
        for (var i = 0; i < arguments.Length; i++)
        {
            json.Raw(i == 0 ? ""u8 : ","u8).String(arguments[i]);
        }

        return json.Raw("]}"u8);
    }

    private static JsonText Begin(ReadOnlySpan<byte> operation) =>
        new JsonText().Raw("{\"op\":"u8).String(operation).Raw(",\"v\":"u8).Number(NodeProtocol.Version);
}
