namespace Netplugin.NodeApi.Messages;

/// <summary>
/// The environment a runtime gives a CNI plugin (CNI specification, section 2, "Parameters"); empty where a variable is not set.
/// </summary>
/// <param name="Command"><c>CNI_COMMAND</c>.</param>
/// <param name="ContainerId"><c>CNI_CONTAINERID</c>: the sandbox.</param>
/// <param name="Netns"><c>CNI_NETNS</c>: the namespace's path as the runtime sees it; only a name here, the descriptor is what counts.</param>
/// <param name="IfName"><c>CNI_IFNAME</c>.</param>
/// <param name="Args"><c>CNI_ARGS</c>: <c>KEY=VALUE</c> pairs between semicolons.</param>
/// <param name="Path"><c>CNI_PATH</c>.</param>
public sealed record CniEnvironment(
    string Command, string ContainerId = "", string Netns = "", string IfName = "", string Args = "", string Path = "");
