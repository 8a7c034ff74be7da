using System.Collections.Immutable;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.NodeApi.Messages;

namespace Netplugin.NodeApi.Cni;

/// <summary>What CNI can ask.</summary>
public enum CniCommand
{
    /// <summary>Attach a container.</summary>
    Add,

    /// <summary>Detach it; may repeat.</summary>
    Del,

    /// <summary>Is it as ADD left it? From 0.4.0 on.</summary>
    Check,

    /// <summary>Free what no listed attachment owns. From 1.1.0 on.</summary>
    Gc,

    /// <summary>Could ADD be served? From 1.1.0 on.</summary>
    Status,

    /// <summary>Which versions are served?</summary>
    Version,
}

/// <summary>A CNI invocation whose environment and configuration were found good.</summary>
/// <param name="Command">What is asked.</param>
/// <param name="Version">The configuration's <c>cniVersion</c>, one of the served.</param>
/// <param name="NetworkName">The configuration's <c>name</c>. GC covers only attachments made under the same name.</param>
/// <param name="ContainerId">The sandbox; empty for GC, STATUS and VERSION.</param>
/// <param name="Netns">The namespace's path as the runtime sees it; may be empty for DEL.</param>
/// <param name="IfName">The interface's name in the pod; empty for GC, STATUS and VERSION.</param>
/// <param name="Args">The pairs of <c>CNI_ARGS</c>.</param>
/// <param name="Previous">The configuration's <c>prevResult</c>; null when it has none.</param>
/// <param name="Dns">The configuration's <c>dns</c>; null when it has none.</param>
/// <param name="ValidAttachments">GC: what must stay.</param>
/// <param name="PortMappings">ADD: the node's ports that are to lead to the container.</param>
public sealed record CniRequest(
    CniCommand Command,
    string Version,
    string NetworkName,
    string ContainerId,
    string Netns,
    string IfName,
    ImmutableDictionary<string, string> Args,
    CniResult? Previous,
    CniDns? Dns,
    ImmutableHashSet<CniAttachmentName> ValidAttachments,
    ImmutableArray<CniPortMapping> PortMappings)
{
    /// <summary>The pod's name where the runtime tells it (<c>K8S_POD_NAME</c>); empty otherwise.</summary>
    public string PodName => Args.GetValueOrDefault("K8S_POD_NAME", "");

    /// <summary>The pod's Kubernetes namespace where the runtime tells it; empty otherwise.</summary>
    public string PodNamespace => Args.GetValueOrDefault("K8S_POD_NAMESPACE", "");

    /// <summary>The pod's UID where the runtime tells it; empty otherwise.</summary>
    public string PodUid => Args.GetValueOrDefault("K8S_POD_UID", "");

    /// <summary>Judges an invocation.</summary>
    /// <exception cref="CniException">With the code the specification has for what is wrong.</exception>
    public static CniRequest Parse(CniEnvironment environment, string stdin)
    {
        ArgumentNullException.ThrowIfNull(environment);
        using var document = ParseJson(stdin);
        var config = document.RootElement;
        var version = CniJson.Text(config, "cniVersion", "");
        if (!CniRules.IsVersion(version))
        {
            var said = version.Length == 0 ? "no cniVersion, which means 0.1.0" : $"cniVersion {version}";
            throw new CniException(
                CniErrorCode.IncompatibleVersion, $"the configuration has {said}", $"served are {string.Join(", ", CniRules.Versions)}");
        }

        if (CniRules.JudgeEnvironment(environment.Command, environment.ContainerId, environment.Netns, environment.IfName, environment.Path) is { } wrong)
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, wrong);
        }

        if (!CniRules.Allows(version, environment.Command))
        {
            throw new CniException(
                CniErrorCode.IncompatibleVersion,
                $"{environment.Command} came with {CniRules.Since(environment.Command)}; the configuration has cniVersion {version}");
        }

        var command = ToCommand(environment.Command);
        var args = ParseArgs(environment.Args);
        var name = CheckName(config, command);
        CheckUnsupported(config);
        var previous = command is CniCommand.Add or CniCommand.Check && CniJson.Object(config, "prevResult", "") is { } json
            ? CniResultJson.Read(json)
            : null;
        if (command == CniCommand.Check && previous is null)
        {
            throw new CniException(CniErrorCode.InvalidConfiguration, "CHECK needs the result of ADD in \"prevResult\"");
        }

        return new(
            command, version, name, environment.ContainerId, environment.Netns, environment.IfName, args, previous,
            CniJson.Object(config, "dns", "") is { } dns ? CniResultJson.ReadDns(dns, "dns.") : null,
            command == CniCommand.Gc ? ReadAttachments(config) : [],
            command == CniCommand.Add && CniJson.Object(config, "runtimeConfig", "") is { } runtime ? ReadPortMappings(runtime) : []);
    }

    /// <summary>The version to answer in when <see cref="Parse"/> failed: the configuration's if it can be seen and is served, else the newest.</summary>
    internal static string VersionFor(string stdin)
    {
        try
        {
            using var document = JsonDocument.Parse(stdin);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && CniJson.Member(document.RootElement, "cniVersion") is { ValueKind: JsonValueKind.String } version
                && CniRules.IsVersion(version.GetString()!)
                    ? version.GetString()!
                    : CniRules.Versions[^1];
        }
        catch (JsonException)
        {
            return CniRules.Versions[^1];
        }
    }

    private static JsonDocument ParseJson(string stdin)
    {
        try
        {
            var document = JsonDocument.Parse(stdin);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw new CniException(CniErrorCode.Decode, "the network configuration is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new CniException(CniErrorCode.Decode, "the network configuration is not JSON", e.Message, e);
        }
    }

    private static CniCommand ToCommand(string text) => text switch
    {
        "ADD" => CniCommand.Add,
        "DEL" => CniCommand.Del,
        "CHECK" => CniCommand.Check,
        "GC" => CniCommand.Gc,
        "STATUS" => CniCommand.Status,
        _ => CniCommand.Version,
    };

    private static ImmutableDictionary<string, string> ParseArgs(string text)
    {
        var args = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: \"{pair}\" is not KEY=VALUE");
            }

            args[pair[..at]] = pair[(at + 1)..];
        }

        return args.ToImmutable();
    }

    private static string CheckName(JsonElement config, CniCommand command)
    {
        var name = CniJson.Text(config, "name", "");
        return CniRules.IsContainerId(name) || (command == CniCommand.Version && name.Length == 0)
            ? name
            : throw new CniException(
                CniErrorCode.InvalidConfiguration,
                name.Length == 0
                    ? "the network configuration has no \"name\""
                    : $"\"name\" is \"{name}\": it must begin with a letter or digit and go on with letters, digits, '_', '.' or '-'");
    }

    // Addresses come from the intent and nothing is translated: a configuration that wants otherwise must not seem obeyed.
    private static void CheckUnsupported(JsonElement config)
    {
        if (CniJson.Object(config, "ipam", "") is { } ipam && CniJson.Text(ipam, "type", "ipam.") is { Length: > 0 } type)
        {
            throw new CniException(
                CniErrorCode.UnsupportedField, $"\"ipam\" is \"{type}\": netplugin allocates addresses itself", "remove \"ipam\" from the configuration");
        }

        if (CniJson.Member(config, "ipMasq") is { ValueKind: JsonValueKind.True })
        {
            throw new CniException(CniErrorCode.UnsupportedField, "\"ipMasq\" is true: netplugin does not translate addresses", "remove \"ipMasq\"");
        }
    }

    // Without the list nothing may be freed: a runtime that does not send it must not cost every pod its network.
    private static ImmutableHashSet<CniAttachmentName> ReadAttachments(JsonElement config)
    {
        var key = CniJson.Member(config, "cni.dev/valid-attachments") is not null ? "cni.dev/valid-attachments" : "cni.dev/attachments";
        if (CniJson.Member(config, key) is null)
        {
            throw new CniException(CniErrorCode.InvalidConfiguration, "GC needs \"cni.dev/valid-attachments\"");
        }

        return [.. CniJson.Objects(config, key, "").Select(item => new CniAttachmentName(
            Needed(item, "containerID", key), Needed(item, "ifname", key)))];
    }

    // A host port 0 asks for none: runtimes list every port of a pod.
    private static ImmutableArray<CniPortMapping> ReadPortMappings(JsonElement runtime)
    {
        const string path = "runtimeConfig.portMappings.";
        return
        [
            .. from item in CniJson.Objects(runtime, "portMappings", "runtimeConfig.")
               let hostPort = Port(item, "hostPort", lowest: 0)
               where hostPort > 0
               select new CniPortMapping(
                   Protocol(CniJson.Text(item, "protocol", path)), HostAddress(CniJson.Text(item, "hostIP", path)), hostPort,
                   Port(item, "containerPort", lowest: 1)),
        ];

        static ushort Port(JsonElement item, string name, ushort lowest)
        {
            var number = CniJson.Number(item, name, path) ?? 0;
            return number >= lowest && number <= ushort.MaxValue
                ? (ushort)number
                : throw new CniException(CniErrorCode.InvalidConfiguration, $"\"{path}{name}\" is {number}: it must be {lowest} to {ushort.MaxValue}");
        }

        static TransportProtocol Protocol(string text) => text.ToUpperInvariant() switch
        {
            "TCP" or "" => TransportProtocol.Tcp,
            "UDP" => TransportProtocol.Udp,
            "SCTP" => TransportProtocol.Sctp,
            _ => throw new CniException(CniErrorCode.InvalidConfiguration, $"\"{path}protocol\" is \"{text}\"; known are tcp, udp and sctp"),
        };

        // Runtimes write both families' unspecified addresses for "every one".
        static IpAddr HostAddress(string text) => text switch
        {
            "" or "0.0.0.0" or "::" => IpAddr.Unspecified,
            _ => IpAddr.TryParse(text, out var address)
                ? address
                : throw new CniException(CniErrorCode.InvalidConfiguration, $"\"{path}hostIP\" is \"{text}\", which is not an IP address"),
        };
    }

    private static string Needed(JsonElement item, string name, string where) =>
        CniJson.Text(item, name, where + ".") is { Length: > 0 } text
            ? text
            : throw new CniException(CniErrorCode.InvalidConfiguration, $"an item of \"{where}\" has no \"{name}\"");
}

/// <summary>Names an attachment, as GC lists them.</summary>
/// <param name="ContainerId">The sandbox.</param>
/// <param name="IfName">The interface in it.</param>
public readonly record struct CniAttachmentName(string ContainerId, string IfName);
