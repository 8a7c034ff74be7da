namespace Netplugin.Core.Planning;

/// <summary>What a posted file means for what it does not name.</summary>
public enum PostMode
{
    /// <summary><c>-cfg</c>: the file is the whole intent; what it does not name is removed.</summary>
    Replace,

    /// <summary><c>-add-cfg</c>: what the file names is added or updated; the rest stays.</summary>
    Add,

    /// <summary>
    /// <c>-del-cfg</c>: each endpoint, group and policy listed is removed; a network only if it is listed without endpoints and groups, a
    /// tenant only if it is listed without networks and policies.
    /// </summary>
    Delete,
}
