using System.Globalization;
using System.Text;

namespace Netplugin.Linux.Bpf.Layout;

/// <summary>A map as an object file defines it, or as it is in the kernel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type"><c>enum bpf_map_type</c>.</param>
/// <param name="KeySize">Bytes.</param>
/// <param name="ValueSize">Bytes.</param>
/// <param name="MaxEntries">Its size.</param>
/// <param name="Flags">As given at creation.</param>
/// <param name="Key">The key's fields.</param>
/// <param name="Value">The value's fields.</param>
internal sealed record MapDefinition(
    string Name, uint Type, uint KeySize, uint ValueSize, uint MaxEntries, uint Flags, IReadOnlyList<BtfField> Key, IReadOnlyList<BtfField> Value)
{
    /// <summary>The name of a generation: by everything that decides whether one program can read what another one wrote.</summary>
    internal static string Generation(IEnumerable<MapDefinition> maps) =>
        ContentName.Of(Encoding.UTF8.GetBytes(string.Concat(maps.OrderBy(map => map.Name, StringComparer.Ordinal))));

    /// <summary>One line with everything in it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Name} type {Type} key {KeySize} value {ValueSize} entries {MaxEntries} flags {Flags}");
        foreach (var field in Key.Concat(Value))
        {
            text.Append(CultureInfo.InvariantCulture, $" {field.Name}@{field.Offset}+{field.Size}");
        }

        return text.Append('\n').ToString();
    }
}
