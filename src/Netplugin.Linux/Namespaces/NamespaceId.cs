namespace Netplugin.Linux.Namespaces;

/// <summary>Which namespace it is: two descriptors with the same value are the same namespace, stat(2) of the descriptor.</summary>
/// <param name="Device"><c>st_dev</c>, major in the upper 32 bits.</param>
/// <param name="Inode"><c>st_ino</c>. The kernel may give the number to a new namespace once this one is gone.</param>
public readonly record struct NamespaceId(ulong Device, ulong Inode);
