namespace K8contivnet;

/// <summary>The CNI variables of the environment; empty where one is not set.</summary>
internal readonly record struct CniVariables(string Command, string ContainerId, string Netns, string IfName, string Args, string Path)
{
    public static CniVariables FromEnvironment(string command) => new(
        command, Get("CNI_CONTAINERID"), Get("CNI_NETNS"), Get("CNI_IFNAME"), Get("CNI_ARGS"), Get("CNI_PATH"));

    private static string Get(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}
