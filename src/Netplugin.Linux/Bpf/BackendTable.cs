using System.Collections.Immutable;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf.Layout;

namespace Netplugin.Linux.Bpf;

/// <summary>A set of backends in the maps, under a number. It is written once and never changed, for programs read it meanwhile.</summary>
internal sealed class BackendTable
{
    private readonly ImmutableArray<BackendKeyValue> _slots;
    private readonly ImmutableArray<MemberKeyValue> _members;

    /// <summary>A table that is to be written.</summary>
    internal BackendTable(uint number, ImmutableArray<Backend> backends) => (Number, Backends, IsWhole) = (number, backends, true);

    /// <summary>A table as it was read.</summary>
    internal BackendTable(uint number, List<(uint Slot, Backend Backend)> slots, List<(uint Slot, Backend Backend)> members)
    {
        slots.Sort();
        members.Sort();
        Number = number;
        IsWhole = slots.Select((slot, i) => slot.Slot == i).All(isNext => isNext) && slots.SequenceEqual(members);
        if (IsWhole)
        {
            Backends = [.. slots.Select(slot => slot.Backend)];
        }
        else
        {
            _slots = [.. slots.Select(slot => new BackendKeyValue { Table = number, Slot = slot.Slot })];
            _members = [.. members.Select(member => MemberKeyValue.From(number, member.Backend))];
        }
    }

    internal uint Number { get; }

    /// <summary>Its backends in the order of their slots; none when it is not whole.</summary>
    internal ImmutableArray<Backend> Backends { get; } = [];

    /// <summary>False: a slot is missing, or what is in it is not among the members. No frontend may go on with it.</summary>
    internal bool IsWhole { get; }

    /// <summary>How many frontends have it.</summary>
    internal int Users { get; set; }

    /// <summary>How many of its slots and members were seen as they should be, in the look that is going on.</summary>
    internal int Seen { get; set; }

    /// <summary>What it is made of in the maps.</summary>
    internal IEnumerable<BackendKeyValue> Slots =>
        IsWhole ? Enumerable.Range(0, Backends.Length).Select(slot => new BackendKeyValue { Table = Number, Slot = (uint)slot }) : _slots;

    /// <inheritdoc cref="Slots"/>
    internal IEnumerable<MemberKeyValue> Members => IsWhole ? Backends.Select(backend => MemberKeyValue.From(Number, backend)) : _members;

    /// <summary>Whether a backend is where it should be.</summary>
    internal bool Has(uint slot, Backend backend) => slot < Backends.Length && Backends[(int)slot] == backend;
}
