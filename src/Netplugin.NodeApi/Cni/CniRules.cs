namespace Netplugin.NodeApi.Cni;

/// <summary>
/// What the CNI specification asks of a plugin's environment and versions (sections 1 and 2). Pure, and shared with k8contivnet
/// by linking this file, so that a call is judged the same whether a daemon runs or not. Texts have only text put in: formatting a number
/// would add a tenth to k8contivnet's size.
/// </summary>
internal static class CniRules
{
    /// <summary>The versions served, oldest first.</summary>
    public static readonly string[] Versions = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    /// <summary>The longest interface name: <c>IFNAMSIZ</c> (linux/if.h) less its end mark.</summary>
    public const int MaxInterfaceName = 15;

    /// <summary>True for a command that some served version knows.</summary>
    public static bool IsCommand(string command) => command is "ADD" or "DEL" or "CHECK" or "GC" or "STATUS" or "VERSION";

    /// <summary>True for a version in <see cref="Versions"/>.</summary>
    public static bool IsVersion(string version) => Rank(version) >= 0;

    /// <summary>The first version that knows the command.</summary>
    public static string Since(string command) => command switch
    {
        "GC" or "STATUS" => "1.1.0",
        "CHECK" => "0.4.0",
        _ => "0.3.1",
    };

    /// <summary>True when a configuration of this (served) version may be used with the command.</summary>
    public static bool Allows(string version, string command) =>
        Rank(version) >= Rank(Since(command));

    /// <summary>Judges the variables a command needs.</summary>
    /// <returns>What is wrong, all of it in one sentence; null when nothing is.</returns>
    public static string? JudgeEnvironment(string command, string containerId, string netns, string ifName, string path)
    {
        if (!IsCommand(command))
        {
            return $"CNI_COMMAND is \"{command}\"; known are ADD, DEL, CHECK, GC, STATUS and VERSION";
        }

        var perContainer = command is "ADD" or "DEL" or "CHECK";
        var missing = "";
        if (perContainer && containerId.Length == 0)
        {
            missing += " CNI_CONTAINERID";
        }

        if (command is "ADD" or "CHECK" && netns.Length == 0)
        {
            missing += " CNI_NETNS";
        }

        if (perContainer && ifName.Length == 0)
        {
            missing += " CNI_IFNAME";
        }

        if (command is "GC" && path.Length == 0)
        {
            missing += " CNI_PATH";
        }

        if (missing.Length > 0)
        {
            return $"{command} needs{missing}";
        }

        if (perContainer && !IsContainerId(containerId))
        {
            return $"CNI_CONTAINERID \"{containerId}\" must begin with a letter or digit and go on with letters, digits, '_', '.' or '-'";
        }

        return perContainer && !IsInterfaceName(ifName)
            ? $"CNI_IFNAME \"{ifName}\" is not an interface name: 1 to 15 bytes without blank, '/' or ':', not \".\" or \"..\""
            : null;
    }

    private static int Rank(string version)
    {
        for (var i = 0; i < Versions.Length; i++)
        {
            if (Versions[i] == version)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The specification's rule for container ids and network names.</summary>
    public static bool IsContainerId(string text)
    {
        if (text.Length == 0 || !char.IsAsciiLetterOrDigit(text[0]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The kernel's rule (<c>dev_valid_name</c>), and printable ASCII only, so that no log or path is upset.</summary>
    public static bool IsInterfaceName(string text)
    {
        if (text.Length is 0 or > MaxInterfaceName || text is "." or "..")
        {
            return false;
        }

        foreach (var c in text)
        {
            if (c is <= ' ' or >= '\x7f' or '/' or ':')
            {
                return false;
            }
        }

        return true;
    }
}
