namespace Netplugin.Core.Policies.Maps;

/// <summary>A table and an identity: what the maps have a verdict for.</summary>
/// <param name="Table">The table's number.</param>
/// <param name="Identity">The identity; 0 stands for all that the table has no verdict for.</param>
public readonly record struct VerdictKey(uint Table, uint Identity);
