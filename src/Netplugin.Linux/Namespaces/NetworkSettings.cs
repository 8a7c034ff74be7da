namespace Netplugin.Linux.Namespaces;

/// <summary>Settings below <c>/proc/sys/net</c>, which belong to the calling thread's network namespace.</summary>
internal static class NetworkSettings
{
    /// <summary>Writes a setting unless it has the value already, since the folder may be read-only; returns whether it was written.</summary>
    /// <param name="name">Path below <c>/proc/sys/net</c>.</param>
    /// <param name="value">The wanted text, without a line end.</param>
    internal static bool Set(string name, string value)
    {
        var path = $"/proc/sys/net/{name}";
        if (File.ReadAllText(path).TrimEnd('\n') == value)
        {
            return false;
        }

        File.WriteAllText(path, value);
        return true;
    }
}
