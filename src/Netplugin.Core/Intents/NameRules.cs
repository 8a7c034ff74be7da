using System.Globalization;

namespace Netplugin.Core.Intents;

/// <summary>Which names an intent may give. They end up in keys, file names, link aliases and terminals.</summary>
public static class NameRules
{
    /// <summary>Longest name of a host, tenant or network.</summary>
    public const int Longest = 64;

    /// <summary>Longest container name: a Kubernetes pod's name is a DNS subdomain (RFC 1123).</summary>
    public const int LongestContainer = 253;

    /// <summary>Longest device name: <c>IFNAMSIZ</c> less the closing zero (linux/if.h).</summary>
    public const int LongestInterface = 15;

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static string? Check(string what, string name, int longest)
    {
        if (name.Length == 0)
        {
            return $"{what} must not be empty";
        }

        if (name.Length > longest)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{what} {Quoted.Text(name)} is {name.Length} characters long; at most {longest} are allowed");
        }

        return char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? null
            : $"{what} {Quoted.Text(name)} may hold only letters, digits and . - _ and begins with a letter or digit";
    }

    /// <summary>What is wrong with a device name (the kernel's <c>dev_valid_name</c>); null when nothing is.</summary>
    public static string? CheckInterface(string what, string name) =>
        name.Length <= LongestInterface && name is not ("." or "..") && name.All(c => c is > ' ' and < (char)0x7f and not ('/' or ':'))
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{what} {Quoted.Text(name)} is not a device name of at most {LongestInterface} characters");
}
