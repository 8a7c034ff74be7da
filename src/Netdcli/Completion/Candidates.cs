namespace Netdcli.Completion;

/// <summary>Candidates that do not come from a list of ours.</summary>
internal static class Candidates
{
    /// <summary>Tells the script to complete a file's name.</summary>
    public const string File = ":file";

    /// <summary>What may follow one of the original's flags.</summary>
    /// <param name="flag">The flag without dashes.</param>
    public static IEnumerable<string> ForValue(string flag) => flag switch
    {
        // Of the original's operations and constructs, those that are supported.
        "oper" => ["get"],
        "construct" => ["network", "endpoint"],
        "state-store" => ["etcd"],
        "tag-type" => ["vlan", "vxlan"],
        "etcd-ca" or "etcd-cert" or "etcd-key" => [File],
        _ => [],
    };
}
